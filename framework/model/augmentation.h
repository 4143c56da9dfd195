#pragma once

#include <torch/types.h>

#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// Training batches with random mirror images and shifts.
///
/// Source: the Keras example `cifar10_resnet`, horizontal flips and shifts up to 10 % with nearest
/// fill. differs from it in: shifts are whole pixels.
class Augmentation {
 public:
  /// `flip`: mirror every image with probability 1/2. `shift`: the largest shift in each direction,
  /// as a share of the image size, rounded down to whole pixels.
  Augmentation(bool flip, double shift) : flip_(flip), shift_(shift) {}

  /// The images at `rows` of uint8 [N,C,H,W], as float32 [rows, C, H, W] in [0,1] and channels-last
  /// memory order. Draws three numbers per image from `random`.
  torch::Tensor batch(const torch::Tensor& images, const std::vector<std::size_t>& rows,
                      RandomStream& random) const;

 private:
  bool flip_;
  double shift_;
};

}  // namespace deepmine
