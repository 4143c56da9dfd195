#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace deepmine {

/// A lock among processes, held while this object lives and gone with the process, even a killed one. It lies on
/// a file of that name, which says who holds it and is removed with it; one that was left there does not matter. Where
/// the file system knows no locks every process has it at once: use it to save work, not to protect anything.
class FileLock {
 public:
  /// Waits until no other process holds it; calls `on_wait` once when another does. Throws `Interrupted` when a
  /// signal comes meanwhile, and `Error` when the file cannot be made.
  explicit FileLock(std::filesystem::path file, const std::function<void()>& on_wait = {});
  /// Never waits: null when another process holds it. Where the file cannot be made, there is nothing to hold.
  static std::unique_ptr<FileLock> at_once(std::filesystem::path file);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// "pid 4711 on HOST" and what `say` adds to it, by what the file says; empty where it does not.
  static std::string holder(const std::filesystem::path& file);
  /// Adds to what the file says of the holder.
  void say(const std::string& more) const;

 private:
  enum class Attempt { kHeld, kBusy, kNoFile };

  FileLock() = default;
  Attempt attempt();

  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace deepmine
