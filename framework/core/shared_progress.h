#pragma once

#include <mutex>
#include <string_view>

#include "framework/core/progress.h"

namespace deepmine {

/// Passes on what several threads tell, one at a time.
class SharedProgress : public Progress {
 public:
  /// `progress` is kept by reference.
  explicit SharedProgress(Progress& progress) : progress_(progress) {}

  void begin(std::string_view what, std::size_t total) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    progress_.begin(what, total);
  }
  void advance(std::size_t steps) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    progress_.advance(steps);
  }
  void skip(std::size_t steps) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    progress_.skip(steps);
  }
  void end() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    progress_.end();
  }

 private:
  Progress& progress_;
  std::mutex mutex_;
};

}  // namespace deepmine
