#pragma once

#include <cstddef>
#include <vector>

#include "framework/core/seed.h"
#include "framework/data/test_set.h"

namespace deepmine {

/// How often each of `n` images is drawn when `n` are drawn with replacement.
std::vector<std::size_t> drawn_again(std::size_t n, Seed seed);

/// The inputs of a pool as often as the image they come from was drawn; `times[i]` is for image `first + i`.
std::vector<PoolInput> repeated(const std::vector<PoolInput>& pool, const std::vector<std::size_t>& times,
                                std::size_t first);

}  // namespace deepmine
