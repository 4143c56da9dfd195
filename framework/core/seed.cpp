#include "framework/core/seed.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "framework/core/error.h"

namespace deepmine {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t rotate_left(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

constexpr std::uint64_t kFnvPrime = 0x100000001b3ULL;
constexpr std::uint64_t kFnvOffset = 0xcbf29ce484222325ULL;

}  // namespace

Seed Seed::child(std::string_view name) const {
  std::uint64_t hash = kFnvOffset;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  std::uint64_t mixed = value_ ^ hash;
  return Seed(splitmix64(mixed));
}

Seed Seed::child(std::uint64_t index) const {
  // A constant of its own keeps child(65) apart from child("A").
  std::uint64_t mixed = value_ + 0xd1342543de82ef95ULL * (index + 1);
  return Seed(splitmix64(mixed));
}

RandomStream::RandomStream(Seed seed) {
  std::uint64_t mixer = seed.value();
  for (std::uint64_t& word : state_) word = splitmix64(mixer);
}

std::uint64_t RandomStream::next() {
  const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::uint64_t RandomStream::below(std::uint64_t bound) {
  assert(bound > 0);
  // The first `excess` values are drawn again, so that every remainder is equally likely.
  const std::uint64_t excess = (0 - bound) % bound;
  std::uint64_t value = next();
  while (value < excess) value = next();
  return value % bound;
}

std::vector<std::size_t> RandomStream::sample(std::size_t count, std::size_t size) {
  assert(count <= size);
  std::vector<std::size_t> items(size);
  std::iota(items.begin(), items.end(), std::size_t{0});
  for (std::size_t i = 0; i < count; ++i) std::swap(items[i], items[i + below(size - i)]);
  items.resize(count);
  return items;
}

std::vector<std::uint64_t> RandomStream::state() const {
  return {std::begin(state_), std::end(state_)};
}

void RandomStream::set_state(const std::vector<std::uint64_t>& words) {
  assert(words.size() == std::size(state_));
  std::copy(words.begin(), words.end(), std::begin(state_));
}

}  // namespace deepmine
