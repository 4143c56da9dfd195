#include "framework/learn/resampling.h"

namespace deepmine {

std::vector<std::uint32_t> drawn_again(std::size_t n, Seed seed) {
  RandomStream random(seed);
  std::vector<std::uint32_t> times(n, 0);
  for (std::size_t i = 0; i < n; ++i) ++times[random.below(n)];
  return times;
}

}  // namespace deepmine
