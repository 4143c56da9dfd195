#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "framework/model/classifier.h"

namespace deepmine {

/// Where in an image the channels of a layer speak for a class.
struct GradCam {
  torch::Tensor alphas;    ///< float32 [N,K], each channel's weight: the mean over its places of d logit / d activation
  torch::Tensor weighted;  ///< float32 [N,K,h,w], the activations times these

  /// Of each channel alone, [N,K,h,w]: places that speak against the class are 0.
  torch::Tensor maps() const { return weighted.relu(); }
  /// Of all channels together, [N,h,w].
  torch::Tensor combined() const { return weighted.sum(1).relu(); }
};

/// Of images [N,C,H,W] at a layer of channels, for the class in `classes` (int64 [N]) of each; one image passes at a
/// time. Throws `Error` for a layer without channels, for classes that the model does not have, and for a model that
/// shows it only as a copy (TorchScript), which the logits do not depend on.
/// Source: Selvaraju et al. 2017, section 3; of single channels relevant-neurons, figures 6 and 7; differs from them
/// in: nothing.
GradCam grad_cam(Classifier& classifier, const torch::Tensor& images, const std::string& layer,
                 const torch::Tensor& classes);

/// Maps [..., h, w] brought to `height` x `width` by bilinear interpolation, each to [0,1] by its own range; a constant
/// one is 0 everywhere.
torch::Tensor shown_over(const torch::Tensor& maps, std::int64_t height, std::int64_t width);

}  // namespace deepmine
