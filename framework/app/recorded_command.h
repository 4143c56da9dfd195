#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/run/result_store.h"

namespace deepmine {

/// The words of one `train`, `attack`, `scan`, ... that a store is to remember: one that names `--store`.
struct CommandWords {
  std::string name;
  std::vector<std::string> words;  ///< after the name, without `--store FILE`; `--a=b` is two words
  std::optional<std::filesystem::path> store;
  std::optional<std::filesystem::path> out;  ///< the file it writes; none: its result is what it prints

  /// None for commands that are no work of their own (`table`, `run`, ...), and for those that neither write a file nor
  /// are a scan.
  static std::optional<CommandWords> of(const std::string& name, const std::vector<std::string>& words);
  /// The checksums of the files that are read, by the option that names them.
  std::map<std::string, std::string> inputs() const;
  /// The same with its result going to `file`, and what else it writes to files named after that.
  std::vector<std::string> writing(const std::filesystem::path& file) const;
  /// The value of an option, if it is there.
  std::optional<std::string> value(const std::string& option) const;
};

/// Has rows written beside the result of the command that runs now; nothing where no store records it.
void write_with_result(std::function<void(UnitWriter&)> rows);

/// Does `work`, which carries out the command and returns its exit code: the run is in the store from the start, at its
/// end how it ended and, as input `result`, the checksum of what came out.
int record(const CommandWords& command, const std::function<int()>& work);

}  // namespace deepmine
