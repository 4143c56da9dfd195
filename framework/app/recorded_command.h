#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/run/result_store.h"

namespace deepmine {

/// The words of one `train`, `attack`, `scan`, ... that a store is to remember: those that name `--store`.
struct CommandWords {
  std::string name;
  std::vector<std::string> words;  ///< after the name, without `--store FILE`
  std::optional<std::filesystem::path> store;
  std::optional<std::filesystem::path> out;  ///< the file it writes; none: its result is what it prints

  /// None for commands that are no work of their own (`table`, `run`, ...).
  static std::optional<CommandWords> of(const std::string& name, const std::vector<std::string>& words);
  /// The checksums of the files that are read, by the option that names them.
  std::map<std::string, std::string> inputs() const;
  /// The same with its result going to `file`.
  std::vector<std::string> writing(const std::filesystem::path& file) const;
};

/// A command while it runs: its run is in the store from the start, and its result's checksum at the end.
class RecordedCommand {
 public:
  explicit RecordedCommand(CommandWords words);
  ~RecordedCommand();
  RecordedCommand(const RecordedCommand&) = delete;
  RecordedCommand& operator=(const RecordedCommand&) = delete;

  /// Notes that it ended well, and passes on what it printed.
  void keep();

 private:
  void release();

  CommandWords words_;
  ResultStore store_;
  Run run_;
  std::filesystem::path printed_;
  int stdout_ = -1;
};

/// The name under which the result of a recorded command stands among the artifacts.
std::string result_kind(const std::string& run);

}  // namespace deepmine
