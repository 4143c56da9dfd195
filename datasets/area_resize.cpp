#include "datasets/area_resize.h"

#include <algorithm>
#include <cassert>

namespace deepmine {
namespace {

/// The pixels that one of the new covers along an axis, with the lengths it covers of them. Lengths are counted so that
/// an old pixel is `to` long and a new one `from`.
struct Cover {
  std::size_t first = 0;
  std::vector<std::uint64_t> lengths;
};

std::vector<Cover> covers(std::size_t from, std::size_t to) {
  std::vector<Cover> result(to);
  for (std::size_t i = 0; i < to; ++i) {
    const std::size_t begin = i * from, end = begin + from;
    result[i].first = begin / to;
    for (std::size_t k = begin / to; k * to < end; ++k) {
      result[i].lengths.push_back(std::min(end, (k + 1) * to) - std::max(begin, k * to));
    }
  }
  return result;
}

/// The sum of the pixels that two covers cross in, each times its area.
std::uint64_t sum(const std::uint8_t* pixels, std::size_t width, const Cover& down, const Cover& across) {
  std::uint64_t result = 0;
  for (std::size_t y = 0; y < down.lengths.size(); ++y) {
    const std::uint8_t* row = pixels + (down.first + y) * width + across.first;
    std::uint64_t line = 0;
    for (std::size_t x = 0; x < across.lengths.size(); ++x) line += across.lengths[x] * row[x];
    result += down.lengths[y] * line;
  }
  return result;
}

}  // namespace

std::vector<std::uint8_t> area_resized(const std::vector<std::uint8_t>& pixels, std::size_t from, std::size_t to) {
  assert(to > 0 && to <= from && pixels.size() == from * from);
  const std::vector<Cover> axis = covers(from, to);
  const std::uint64_t area = std::uint64_t{from} * from;
  std::vector<std::uint8_t> result;
  for (const Cover& down : axis) {
    for (const Cover& across : axis) {
      result.push_back(static_cast<std::uint8_t>((2 * sum(pixels.data(), from, down, across) + area) / (2 * area)));
    }
  }
  return result;
}

}  // namespace deepmine
