#pragma once

#include <torch/types.h>

namespace deepmine {

/// The logits in float64. Throws `Error` for logits that are not finite.
torch::Tensor finite_logits(const torch::Tensor& logits);

/// One minus the highest softmax probability, float64 [N], of `logits` [N, classes] divided by a temperature above 0.
/// Differentiable. The other classes' share is summed, so that it keeps its digits where the highest is all but 1.
/// Throws `Error` for logits that are not finite, and for fewer than two classes.
torch::Tensor softmax_rest(const torch::Tensor& logits, double temperature = 1);

}  // namespace deepmine
