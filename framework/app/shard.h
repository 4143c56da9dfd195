#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "framework/core/file_lock.h"
#include "framework/run/result_store.h"

namespace deepmine {

/// A worker's own store. With a scratch folder, on a fast local disk say, it is written there and merged into where it
/// belongs after a unit, unless that took long, and at the end; else it is written in place. Several workers of one
/// number lose nothing of each other's: in one scratch folder they work one after the other.
class Shard {
 public:
  /// Continues from what lies in the scratch folder and at `file`. Throws `Error`, and `Interrupted` while it waits.
  Shard(std::filesystem::path file, const std::optional<std::filesystem::path>& scratch);
  /// Merges what was not yet merged, as far as that can be done.
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  ResultStore& store() { return *store_; }
  /// Merges the store into where it belongs. Throws `Error`.
  void publish();

 private:
  void publish_now_and_then();

  std::filesystem::path file_, working_;
  std::optional<FileLock> alone_;  ///< in the scratch folder
  std::unique_ptr<ResultStore> store_;
  using Clock = std::chrono::steady_clock;

  bool published_ = false;  ///< all of it
  Clock::time_point next_ = Clock::now();
};

}  // namespace deepmine
