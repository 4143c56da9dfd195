#pragma once

#include <torch/types.h>

#include <cstdint>

namespace deepmine {

/// Images float32 [N,C,H,W] in [0,1], each value rounded to the nearest of 2^bits between 0 and 1, a half to the even
/// one.
/// Source: Xu et al. 2018 (Feature Squeezing), section III.A; differs from it in: nothing.
torch::Tensor fewer_bits(const torch::Tensor& images, std::int64_t bits);

/// The median of the `size` x `size` values around each, channel by channel; of an even number the upper one. Beyond
/// the border the image is reflected, its edge twice; an even window reaches one further up and left.
/// Throws `Error` for a window larger than the images.
/// Source: Xu et al. 2018, section III.B, by the median filter of scipy that their code calls; differs from it in:
/// nothing.
torch::Tensor median_filtered(const torch::Tensor& images, std::int64_t size);

}  // namespace deepmine
