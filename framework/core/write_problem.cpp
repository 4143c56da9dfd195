#include "framework/core/write_problem.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace deepmine {
namespace {

std::string_view cure_of(int error) {
  switch (error) {
    case ENOSPC:
      return "free some space on the disk";
    case EDQUOT:
      return "delete some of your files there, or ask for a larger quota";
    case EFBIG:
      return "raise the limit on the size of files (ulimit -f), or write where the file system admits larger ones";
    case EROFS:
    case EACCES:
    case EPERM:
      return "give yourself write permission there, or name another folder";
    case EPIPE:
      return "its reader has ended";
    default:
      return "check the disk and the folder's permissions";
  }
}

}  // namespace

std::string write_problem(int error) { return fmt::format("{}; {}", std::strerror(error), cure_of(error)); }

}  // namespace deepmine
