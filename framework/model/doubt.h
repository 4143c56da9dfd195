#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "framework/model/model.h"

namespace deepmine {

/// What makes doubtful whatever is measured with this model, one line each, by a few of `images` [N,C,H,W]: two passes
/// of the same images that differ, and outputs for an image that depend on the other images of its batch, as
/// those of a batch normalisation do that was saved in training mode; and one output an image that looks like a
/// probability.
///
/// Batches of another size are rounded otherwise. Outputs depend on their batch when they move by more than 1/1000 of
/// the distance between the least and the largest of them, of models of less precision than float32 by 8 roundings of
/// their type. Leaves torch's random numbers as they were.
std::vector<std::string> doubts_about(Model& model, const torch::Tensor& images);

}  // namespace deepmine
