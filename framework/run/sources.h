#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace deepmine {

/// The sources of a program, as its build listed them, and what depends on what. A file depends on those it includes; a
/// header also on the source that defines what it declares: `x.cpp` beside `x.h`, or `x_part.cpp` where there is no
/// `x_part.h`. What only registers itself is included by nobody: who names it adds its file, see `Registry::files`.
class Sources {
 public:
  /// `list`: a line per file, path from the top of the tree, sha256 and the paths it includes, tabs between them.
  explicit Sources(std::string_view list);
  /// Those that this program was built from.
  static const Sources& of_program();

  /// All that `files` depend on, themselves among them. Paths may begin above the top of the tree; a file outside the
  /// tree, such as a test's attack, counts by its name alone.
  std::set<std::string> dependencies(const std::set<std::string>& files) const;
  /// SHA-256 over their paths and contents.
  std::string digest(const std::set<std::string>& files) const;
  /// The same over all files.
  std::string digest() const;

 private:
  struct File {
    std::string sha256;
    std::vector<std::string> depends_on;
  };
  std::string path_in_tree(const std::string& path) const;

  std::map<std::string, File> files_;
};

}  // namespace deepmine
