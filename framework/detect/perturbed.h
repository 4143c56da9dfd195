#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "framework/activation/inputs.h"
#include "framework/core/spec.h"

namespace deepmine {

/// Scores [n] of logits [n, classes], by differentiable steps; higher is more anomalous.
using LogitScore = std::function<torch::Tensor(const torch::Tensor& logits)>;

/// How many images go forward and back together: a DenseNet of 100 layers holds 45 MB for each until it is back.
inline constexpr std::int64_t kPerturbedBatch = 25;

/// Scores float64 [N] of images moved by `step` [C or 1,1,1], in pixel units of [0,1], against the sign of the score's
/// gradient; pixels that leave [0,1] are not clipped, as in the papers. The logits of the images as they are come on
/// the way: `inputs` is told them. Throws `Error` for values without a model, and where there is no gradient. Source:
/// Liang, Li, Srikant 2018, equation 2; Lee et al. 2018, section 2.2.
torch::Tensor scores_of_perturbed(const Inputs& inputs, const torch::Tensor& step, const LogitScore& score);

/// How far images are moved before they are scored: not at all by default.
struct PerturbationOptions {
  double epsilon = 0;
  std::string units = "pixels";

  /// `towards` and `source` say what the step is towards, and where that is from.
  void describe(Fields& fields, const std::string& towards, const std::string& source);
  /// [C or 1,1,1], in pixel units of [0,1]. Throws `Error` for normalised units of a model that does not say its
  /// normalisation.
  torch::Tensor step(const Inputs& inputs) const;
};

/// About the bytes that scoring `count` images like `image` [1,C,H,W] holds at most, moved or not, beside the images
/// and what is kept of them.
std::uint64_t scoring_memory(Classifier& model, const torch::Tensor& image, std::int64_t count, int threads);

}  // namespace deepmine
