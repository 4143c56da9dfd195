#include "framework/core/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

/// Short beside what is worth a lock. A blocking wait could not be stopped within seconds.
constexpr std::chrono::milliseconds kPause{20};

/// Whether the path still leads to the open file: its last holder removes it.
bool leads_to(const std::filesystem::path& path, int descriptor) {
  struct stat open_file {}, named {};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

FileLock::FileLock(std::filesystem::path file, const std::function<void()>& on_wait) : file_(std::move(file)) {
  if (try_lock()) return;
  if (on_wait) on_wait();
  while (!try_lock()) {
    throw_if_interrupted();
    std::this_thread::sleep_for(kPause);
  }
}

/// Locks of an open file, not of a process: those would go as soon as anybody in it closed the file.
bool FileLock::try_lock() {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  ensure(descriptor_ >= 0, "cannot write \"{}\": {}; the folder must exist and allow new files", file_.string(),
         std::strerror(errno));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool held_by_another = ::fcntl(descriptor_, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES);
  if (!held_by_another && leads_to(file_, descriptor_)) return true;
  ::close(std::exchange(descriptor_, -1));
  return false;
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace deepmine
