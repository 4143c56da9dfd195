#pragma once

#include <filesystem>

namespace deepmine {

/// Where temporary files belong. Throws `Error` when TMPDIR names no folder.
std::filesystem::path temporary_folder();

/// A folder of this process among the temporary files, gone with this object.
class WorkFolder {
 public:
  /// Throws `Error` when it cannot be made.
  WorkFolder();
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace deepmine
