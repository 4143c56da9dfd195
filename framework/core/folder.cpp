#include "framework/core/folder.h"

#include <system_error>

#include "framework/core/error.h"

namespace deepmine {

void make_folder(const std::filesystem::path& path) {
  std::error_code problem;
  std::filesystem::create_directories(path, problem);
  ensure(!problem, "cannot make the folder \"{}\": {}; check the disk's free space and the permissions around it",
         path.string(), problem.message());
}

}  // namespace deepmine
