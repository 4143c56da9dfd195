#include "framework/app/work_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "framework/core/error.h"

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

fs::path temporary_path(std::string_view name) {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) {
    throw std::system_error(errno, std::generic_category(), "no random number");
  }
  return temporary_folder() / fmt::format("{}{}", name, random);
}

WorkFolder::WorkFolder() : path_(temporary_path("deepmine-")) {
  constexpr mode_t kOursAlone = 0700;
  ensure(::mkdir(path_.c_str(), kOursAlone) == 0,  // which refuses what is there, a link too
         "cannot make the folder \"{}\": {}; check the disk's free space and the permissions around it", path_.string(),
         std::strerror(errno));
}

WorkFolder::~WorkFolder() {
  std::error_code none;
  fs::remove_all(path_, none);
}

}  // namespace deepmine
