#pragma once

#include <string>
#include <vector>

namespace deepmine {

/// What a command warns of: told on stderr, once each, and kept for its results.
class Warnings {
 public:
  /// `strict`: a warning is an error.
  explicit Warnings(bool strict) : strict_(strict) {}

  /// Throws `Error` when strict.
  void add(const std::string& text);
  void add(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) add(text);
  }
  const std::vector<std::string>& all() const { return all_; }
  /// From now on they are rows of the run that a store keeps of this command.
  void record() const;

  static constexpr const char* kStrictHelp =
      "take what makes the results doubtful for an error, exit code 2, instead of a warning";

 private:
  bool strict_;
  std::vector<std::string> all_;
};

}  // namespace deepmine
