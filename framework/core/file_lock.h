#pragma once

#include <filesystem>
#include <functional>

namespace deepmine {

/// A lock among processes, held while this object lives and gone with the process, even a killed one. It lies on
/// a file of that name, which is removed with it. Where the file system knows no locks every process has it at
/// once: use it to save work, not to protect anything.
class FileLock {
 public:
  /// Waits until no other process holds it; calls `on_wait` once when another does. Throws `Interrupted` when a
  /// signal comes meanwhile, and `Error` when the file cannot be made.
  explicit FileLock(std::filesystem::path file, const std::function<void()>& on_wait = {});
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  bool try_lock();

  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace deepmine
