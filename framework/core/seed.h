#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace deepmine {

/// A place in a tree of seeds. Every random draw of a run comes from a child that is named after
/// what is drawn (`seed.child("deep-mining").child("target").child(3)`), so adding a draw, a thread
/// or a shard moves no other draw. Names and numbers are mixed by FNV-1a and the splitmix64
/// finaliser; the values are part of what a stored run means and never change.
class Seed {
 public:
  explicit Seed(std::uint64_t value) : value_(value) {}

  Seed child(std::string_view name) const;
  Seed child(std::uint64_t index) const;
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

/// A stream of random numbers, the same on every platform: xoshiro256** (Blackman and Vigna 2018)
/// seeded through splitmix64. The distributions are ours because those of the standard library
/// differ between libraries.
class RandomStream {
 public:
  explicit RandomStream(Seed seed);

  std::uint64_t next();
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();
  /// Uniform in {0, ..., bound - 1}, without bias; `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound);
  /// `count` different numbers of {0, ..., size - 1} in the order drawn; `count` <= `size`.
  std::vector<std::size_t> sample(std::size_t count, std::size_t size);
  /// All of {0, ..., size - 1} in random order.
  std::vector<std::size_t> permutation(std::size_t size) { return sample(size, size); }

  /// The four words of state.
  std::vector<std::uint64_t> state() const;
  /// Goes on where the stream that gave these `words` stood.
  void set_state(const std::vector<std::uint64_t>& words);

 private:
  std::uint64_t state_[4];
};

}  // namespace deepmine
