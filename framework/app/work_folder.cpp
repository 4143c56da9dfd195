#include "framework/app/work_folder.h"

#include <fmt/format.h>
#include <unistd.h>

namespace deepmine {
namespace fs = std::filesystem;

WorkFolder::WorkFolder() : path_(fs::temp_directory_path() / fmt::format("deepmine-{}", ::getpid())) {
  fs::create_directories(path_);
}

WorkFolder::~WorkFolder() {
  std::error_code none;
  fs::remove_all(path_, none);
}

}  // namespace deepmine
