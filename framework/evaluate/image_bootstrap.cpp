#include "framework/evaluate/image_bootstrap.h"

namespace deepmine {

std::vector<std::size_t> drawn_again(std::size_t n, Seed seed) {
  RandomStream random(seed);
  std::vector<std::size_t> times(n, 0);
  for (std::size_t i = 0; i < n; ++i) ++times[random.below(n)];
  return times;
}

std::vector<PoolInput> repeated(const std::vector<PoolInput>& pool, const std::vector<std::size_t>& times,
                                std::size_t first) {
  std::vector<PoolInput> result;
  for (const PoolInput& input : pool) result.insert(result.end(), times.at(input.source - first), input);
  return result;
}

}  // namespace deepmine
