#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "framework/run/result_store.h"

namespace deepmine {

/// A worker's own store. With a scratch folder, on a fast local disk say, it is written there and copied to where
/// it belongs now and then and at the end; else it is written in place.
class Shard {
 public:
  /// Continues from what lies in the scratch folder or at `file`. Throws `Error`.
  Shard(std::filesystem::path file, const std::optional<std::filesystem::path>& scratch);
  /// Copies what was not yet copied, as far as that can be done.
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  ResultStore& store() { return *store_; }
  /// Copies the store to where it belongs, in one step. Throws `Error`.
  void publish();

 private:
  void publish_now_and_then();

  std::filesystem::path file_, working_;
  std::unique_ptr<ResultStore> store_;
  std::chrono::steady_clock::time_point published_ = std::chrono::steady_clock::now();
};

}  // namespace deepmine
