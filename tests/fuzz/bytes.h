#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace deepmine {

/// The input, taken byte by byte; zeros where it ends.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  std::uint8_t next() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::size_t up_to(std::size_t most) { return next() % (most + 1); }
  float number() {
    const std::uint8_t bits[4] = {next(), next(), next(), next()};
    float value;
    std::memcpy(&value, bits, sizeof value);
    return value;
  }
  /// The next `size` bytes, or as many as there are.
  std::string text(std::size_t size) {
    const std::string result(rest_.substr(0, size));
    rest_.remove_prefix(result.size());
    return result;
  }
  /// What stands before the next byte 0, which is taken with it.
  std::string text_to_zero() {
    const std::string result = text(rest_.find('\0'));
    next();
    return result;
  }

 private:
  std::string_view rest_;
};

}  // namespace deepmine
