#include "framework/core/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "framework/core/descriptor.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/process_name.h"

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

/// For those who find it locked. A disk too full for that does no harm.
void write_holder(int descriptor, const std::string& more) {
  const std::string text = fmt::format("pid {} on {}{}\n", ::getpid(), host_name(), more);
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) < 0) return;
}

}  // namespace

FileLock::FileLock(std::filesystem::path file, const std::function<void()>& on_wait) : file_(std::move(file)) {
  Attempt found = attempt();
  if (found == Attempt::kBusy && on_wait) on_wait();
  while (found == Attempt::kBusy) {
    throw_if_interrupted();
    std::this_thread::sleep_for(kPause);
    found = attempt();
  }
  ensure(found == Attempt::kHeld, "cannot write \"{}\": {}; the folder must exist and allow new files", file_.string(),
         std::strerror(errno));
}

std::unique_ptr<FileLock> FileLock::at_once(std::filesystem::path file) {
  std::unique_ptr<FileLock> lock(new FileLock());
  lock->file_ = std::move(file);
  return lock->attempt() == Attempt::kBusy ? nullptr : std::move(lock);
}

/// Locks of an open file, not of a process: those would go as soon as anybody in it closed the file. A link that
/// somebody put there is not followed.
FileLock::Attempt FileLock::attempt() {
  while (true) {
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) return Attempt::kNoFile;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const bool held_by_another = ::fcntl(descriptor_, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES);
    if (!held_by_another && leads_to(file_, descriptor_)) {
      write_holder(descriptor_, {});
      return Attempt::kHeld;
    }
    ::close(std::exchange(descriptor_, -1));
    if (held_by_another) return Attempt::kBusy;
  }
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

void FileLock::say(const std::string& more) const {
  if (descriptor_ >= 0) write_holder(descriptor_, more);
}

std::string FileLock::holder(const std::filesystem::path& file) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::array<char, 128> text{};
  const ssize_t size = opened.open() ? ::read(opened.get(), text.data(), text.size()) : 0;
  const std::string line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::string known = line.substr(0, line.find('\n'));
  // Anybody may have written it: nothing that would do something to a terminal.
  const bool plain = known.rfind("pid ", 0) == 0 && known.size() < line.size() &&
                     std::all_of(known.begin(), known.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return plain ? known : std::string();
}

}  // namespace deepmine
