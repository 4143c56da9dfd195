#pragma once

#include <torch/types.h>

#include "framework/core/seed.h"

namespace deepmine {

/// `images` float32 [N,C,H,W] with Gaussian noise, clipped to [0,1], whose mean L2 distance from them is that of
/// `adversarial` images of the same shape, within 1 %: the change that an attack makes without its aim. Image i draws
/// from child i of `seed`. Throws `Error` where no noise goes as far. Source: Ma et al. 2018 (LID), noisy examples.
/// differs from it in: the deviation is found for the images at hand.
torch::Tensor matched_noise(const torch::Tensor& images, const torch::Tensor& adversarial, Seed seed);

/// The same of an attack that changes few values (JSMA): as many of an image as it changed there, drawn at random, are
/// set to 1. Source: Ma et al. 2018 (LID), its code.
torch::Tensor matched_pixels(const torch::Tensor& images, const torch::Tensor& adversarial, Seed seed);

}  // namespace deepmine
