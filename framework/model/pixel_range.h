#pragma once

#include <torch/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace deepmine {

/// The pixels that images have and a model takes, where they are not in [0,1].
struct PixelRange {
  double low = 0;
  double high = 1;

  /// LOW,HIGH as users write it, "-1,1". Throws `Error`; `option` is for the message.
  static PixelRange parse(const std::string& text, std::string_view option);

  bool is_unit() const { return low == 0 && high == 1; }
  /// Images in [0,1] in the model's units, and back.
  torch::Tensor from_unit(const torch::Tensor& images) const;
  torch::Tensor to_unit(const torch::Tensor& images) const;
};

/// Whether pixels outside the range are refused, or admitted as they are.
enum class Outside { kRefused, kAdmitted };

/// Images float32 [N,C,H,W] of `range` brought to [0,1], for every command that reads images. What leaves the range by
/// no more than a millionth of its width is rounding, and clipped. Throws `Error` for NaN, infinity and what leaves
/// it by more, naming the range that the pixels seem to have; `name` is the images'.
torch::Tensor unit_images(const torch::Tensor& images, const PixelRange& range, std::string_view name,
                          Outside outside = Outside::kRefused);

/// A line when images that are said to be of `range` look as if they were in [0,1] still.
std::optional<std::string> doubt_about_range(const torch::Tensor& images, const PixelRange& range,
                                             std::string_view name);

/// Throws `Error` unless `images` are float32 [N,C,H,W], N at least 1, finite and in [0,1] (`what` names them).
void check_images(const torch::Tensor& images, std::string_view what);

}  // namespace deepmine
