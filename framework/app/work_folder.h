#pragma once

#include <filesystem>
#include <string_view>

namespace deepmine {

/// Where temporary files belong. Throws `Error` when TMPDIR names no folder.
std::filesystem::path temporary_folder();

/// A new path among them, `name` and a random number: nobody else can have put something there before. Throws `Error`.
std::filesystem::path temporary_path(std::string_view name);

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
