#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "framework/run/result_store.h"

namespace deepmine {

/// A worker's own store. With a scratch folder, on a fast local disk say, it is written there and merged into where it
/// belongs now and then and at the end; else it is written in place. Several workers of one number lose nothing of
/// each other's.
class Shard {
 public:
  /// Continues from what lies in the scratch folder and at `file`. Throws `Error`.
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
  std::unique_ptr<ResultStore> store_;
  bool published_ = true;  ///< all of it
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace deepmine
