#include "framework/model/augmentation.h"

#include <algorithm>

namespace deepmine {
namespace {

struct Move {
  bool mirrored;
  std::int64_t down, right;
};

/// Copies one image [C,H,W] of bytes to floats [H,W,C], moved, edges repeated.
void copy_moved(const std::uint8_t* from, float* to, std::int64_t channels, std::int64_t height,
                std::int64_t width, const Move& move) {
  for (std::int64_t y = 0; y < height; ++y) {
    const std::int64_t row = std::clamp<std::int64_t>(y - move.down, 0, height - 1);
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t seen = move.mirrored ? width - 1 - x : x;
      const std::int64_t column = std::clamp<std::int64_t>(seen - move.right, 0, width - 1);
      for (std::int64_t c = 0; c < channels; ++c) {
        *to++ = static_cast<float>(from[(c * height + row) * width + column]) / 255.0F;
      }
    }
  }
}

std::int64_t draw_shift(std::int64_t largest, RandomStream& random) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * largest + 1))) -
         largest;
}

}  // namespace

torch::Tensor Augmentation::batch(const torch::Tensor& images, const std::vector<std::size_t>& rows,
                                  RandomStream& random) const {
  const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
  const auto largest_down = static_cast<std::int64_t>(shift_ * static_cast<double>(height));
  const auto largest_right = static_cast<std::int64_t>(shift_ * static_cast<double>(width));
  const auto count = static_cast<std::int64_t>(rows.size());
  torch::Tensor result = torch::empty({count, height, width, channels});
  const std::int64_t pixels = channels * height * width;
  float* to = result.data_ptr<float>();
  for (std::size_t row : rows) {
    const bool mirrored = random.below(2) == 1 && flip_;
    const std::int64_t down = draw_shift(largest_down, random);
    const std::int64_t right = draw_shift(largest_right, random);
    const auto* from = images.data_ptr<std::uint8_t>() + static_cast<std::int64_t>(row) * pixels;
    copy_moved(from, to, channels, height, width, {mirrored, down, right});
    to += pixels;
  }
  return result.permute({0, 3, 1, 2});
}

}  // namespace deepmine
