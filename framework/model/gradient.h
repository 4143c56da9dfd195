#pragma once

#include <torch/types.h>

#include <cstdint>

namespace deepmine {

/// The gradient of a number with respect to a tensor it was computed from, contiguous. `keep` leaves the computation
/// for another gradient. Throws `Error` where a program cannot be differentiated.
torch::Tensor gradient_of(const torch::Tensor& number, const torch::Tensor& at, bool keep = false);

/// How many images like `image` [C,H,W] go through a network together where gradients are wanted.
std::int64_t images_at_once(const torch::Tensor& image);

}  // namespace deepmine
