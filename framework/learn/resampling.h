#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// How often each of `n` things is drawn when `n` are drawn with replacement.
std::vector<std::uint32_t> drawn_again(std::size_t n, Seed seed);

}  // namespace deepmine
