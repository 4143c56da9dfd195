#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deepmine {

/// A square grey image of `from` x `from` pixels at `to` x `to`, `to` <= `from`: each pixel is the mean of the area it
/// covers, parts of pixels by their part, rounded half up. Exact, in whole numbers, for `from` up to 2^12.
std::vector<std::uint8_t> area_resized(const std::vector<std::uint8_t>& pixels, std::size_t from, std::size_t to);

}  // namespace deepmine
