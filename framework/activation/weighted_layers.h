#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "framework/model/model.h"

namespace deepmine {

/// A convolution or dense layer, by the names under which a tap sees what comes out of it.
struct WeightedLayer {
  std::string raw;        ///< the sums themselves; empty where the model does not show them
  std::string rectified;  ///< these after the rectifier that follows at once; empty where none does, or is not shown
};

/// The convolutions and dense layers of a model that sees images of `sizes` [C,H,W], in the order in which an image
/// passes them; those of which nothing is shown are left out. Which layers they are comes from one pass of random
/// images: torch tells what its operations gave, and a layer that shows the same numbers is that operation's.
std::vector<WeightedLayer> weighted_layers(Model& model, at::IntArrayRef sizes);

}  // namespace deepmine
