#include "framework/detect/squeezers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// Of windows, which are sorted; with their places they take 200 MB.
constexpr std::int64_t kValuesAtOnce = std::int64_t{1} << 24;

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
  const torch::Tensor rows = reflected(height, before, after), columns = reflected(width, before, after);
  const std::int64_t at_once = std::max<std::int64_t>(1, kValuesAtOnce / (images[0].numel() * size * size));
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& some : images.split(at_once)) {
    const torch::Tensor wider = some.index_select(2, rows).index_select(3, columns);
    const torch::Tensor windows = wider.unfold(2, size, 1).unfold(3, size, 1).flatten(4);
    parts.push_back(std::get<0>(windows.sort(-1)).select(-1, size * size / 2).contiguous());
  }
  return torch::cat(parts);
}

}  // namespace deepmine
