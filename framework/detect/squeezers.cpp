#include "framework/detect/squeezers.h"

#include <cmath>
#include <vector>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// Which rows of a side of `size` stand in one that is longer by `before` and `after`, reflected.
torch::Tensor reflected(std::int64_t size, std::int64_t before, std::int64_t after) {
  std::vector<std::int64_t> places;
  for (std::int64_t i = -before; i < size + after; ++i) {
    places.push_back(i < 0 ? -1 - i : i < size ? i : 2 * size - 1 - i);
  }
  return torch::tensor(places, torch::kInt64);
}

}  // namespace

torch::Tensor fewer_bits(const torch::Tensor& images, std::int64_t bits) {
  const double steps = std::exp2(static_cast<double>(bits)) - 1;
  return torch::round(images * steps) / steps;
}

torch::Tensor median_filtered(const torch::Tensor& images, std::int64_t size) {
  const std::int64_t height = images.size(2), width = images.size(3);
  ensure(size <= height && size <= width,
         "median: expected a window of at most {} x {} pixels, as images have, found {}", height, width, size);
  const std::int64_t before = size / 2, after = size - 1 - before;
  const torch::Tensor wider = images.index_select(2, reflected(height, before, after))
                                  .index_select(3, reflected(width, before, after));
  const torch::Tensor windows = wider.unfold(2, size, 1).unfold(3, size, 1).flatten(4);
  return std::get<0>(windows.sort(-1)).select(-1, size * size / 2).contiguous();
}

}  // namespace deepmine
