#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// The first bytes of `sound`, `count` times: none, all but one, and lengths drawn.
inline std::vector<std::string> truncated(const std::string& sound, std::size_t count, RandomStream random) {
  std::vector<std::string> result{"", sound.substr(0, sound.size() - 1)};
  while (result.size() < count) result.push_back(sound.substr(0, random.below(sound.size())));
  return result;
}

inline std::string with_bit_flipped(std::string bytes, std::size_t at, std::uint64_t bit) {
  bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
  return bytes;
}

/// `sound` with one bit of its bytes `begin` to `end` flipped, `count` times.
inline std::vector<std::string> flipped(const std::string& sound, std::size_t count, RandomStream random,
                                        std::size_t begin = 0, std::size_t end = std::string::npos) {
  const std::size_t last = std::min(end, sound.size());
  REQUIRE(begin < last);
  std::vector<std::string> result;
  while (result.size() < count) {
    const std::size_t at = begin + random.below(last - begin);
    result.push_back(with_bit_flipped(sound, at, random.below(8)));
  }
  return result;
}

}  // namespace deepmine
