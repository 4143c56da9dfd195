#pragma once

#include <filesystem>

namespace deepmine {

/// A folder of this process among the temporary files, gone with this object.
class WorkFolder {
 public:
  /// Throws `std::filesystem::filesystem_error` when it cannot be made.
  WorkFolder();
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace deepmine
