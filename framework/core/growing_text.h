#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "framework/core/memory.h"

namespace deepmine {

/// Bytes that come piece by piece, nobody knows how many. Held as long as there is memory for them.
class GrowingText {
 public:
  /// `name` is for messages.
  explicit GrowingText(std::string name) : name_(std::move(name)) {}

  /// Throws `Error` before the memory is full.
  void add(std::string_view piece) {
    const std::size_t size = text_.size() + piece.size();
    if (size > text_.capacity()) grow(std::max({2 * text_.capacity(), size, kFirst}));
    text_ += piece;
  }
  std::string take() && { return std::move(text_); }

 private:
  static constexpr std::size_t kFirst = std::size_t{1} << 16;

  void grow(std::size_t capacity) {
    constexpr std::size_t kWorthALook = std::size_t{1} << 24;
    if (capacity > kWorthALook) {
      ensure_memory(held_memory() + capacity,
                    name_ + " takes that much to read, give less, or a machine or job with more");
    }
    text_.reserve(capacity);
  }

  std::string name_;
  std::string text_;
};

}  // namespace deepmine
