#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace deepmine {

using Lines = std::vector<std::string>;

/// The top of the tree.
inline const std::filesystem::path& root() {
  static const std::filesystem::path path = DEEPMINE_SOURCE_DIR;
  return path;
}

/// All C++ files below the folders, relative to the top of the tree.
inline Lines sources(const Lines& folders) {
  Lines result;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / folder)) {
      const std::filesystem::path extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") {
        result.push_back(entry.path().lexically_relative(root()).generic_string());
      }
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace deepmine
