#include "framework/app/work_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "framework/core/error.h"
#include "framework/core/folder.h"

namespace deepmine {
namespace fs = std::filesystem;

fs::path temporary_folder() {
  std::error_code problem;
  const fs::path folder = fs::temp_directory_path(problem);
  const char* named = std::getenv("TMPDIR");
  ensure(!problem, "TMPDIR: expected an existing folder for temporary files, found none at {}; name another",
         named == nullptr ? "/tmp" : named);
  return folder;
}

WorkFolder::WorkFolder() : path_(temporary_folder() / fmt::format("deepmine-{}", ::getpid())) { make_folder(path_); }

WorkFolder::~WorkFolder() {
  std::error_code none;
  fs::remove_all(path_, none);
}

}  // namespace deepmine
