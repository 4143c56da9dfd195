#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace deepmine {

namespace fs = std::filesystem;

/// Whether this process may mount, for itself and its children only: as root, or as the root of a user namespace.
inline bool may_mount() {
  static const bool permitted = [] {
    const auto user = ::geteuid(), group = ::getegid();
    if (::unshare(CLONE_NEWNS) != 0) {
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
      std::ofstream("/proc/self/setgroups") << "deny";
      std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
      std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
    }
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }();
  return permitted;
}

/// A small file system at a folder, gone with this object. Needs `may_mount()`.
class PrivateDisk {
 public:
  static constexpr std::size_t kKilobytes = 16 * 1024;

  explicit PrivateDisk(fs::path folder) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    const std::string size = "size=" + std::to_string(kKilobytes) + "k";
    REQUIRE(::mount("none", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0);
  }
  PrivateDisk(const PrivateDisk&) = delete;
  PrivateDisk& operator=(const PrivateDisk&) = delete;
  ~PrivateDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

  const fs::path& folder() const { return folder_; }
  fs::path operator/(const std::string& name) const { return folder_ / name; }

  /// Fills it but for so many kilobytes.
  void leave(std::size_t kilobytes) const {
    struct statvfs now {};
    REQUIRE(::statvfs(folder_.c_str(), &now) == 0);
    const std::size_t free = now.f_bavail * now.f_bsize;
    REQUIRE(free >= kilobytes * 1024);
    const int ballast = ::open(ballast_file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::posix_fallocate(ballast, 0, static_cast<off_t>(free - kilobytes * 1024)) == 0);
    ::close(ballast);
  }
  void make_room() const { fs::remove(ballast_file()); }

  void forbid_writing() const {
    REQUIRE(::mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  }
  void permit_writing() const { REQUIRE(::mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT, nullptr) == 0); }

 private:
  fs::path ballast_file() const { return folder_ / "ballast"; }

  fs::path folder_;
};

}  // namespace deepmine
