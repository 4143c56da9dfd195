#pragma once

#include <torch/types.h>

#include <set>
#include <string>
#include <vector>

#include "framework/activation/inputs.h"

namespace deepmine {

/// A layer as options of detectors name it: "logits" for the model's output, "input" for the pixels, else one of the
/// model's layers. Values without a model stand for whichever it is.
struct ReadLayer {
  static constexpr const char* kLogits = "logits";
  static constexpr const char* kInput = "input";

  std::string name = kLogits;
  Pooling pooling = Pooling::kChannelMean;

  /// What `Inputs` are to take down for it; nothing for logits and pixels.
  std::set<Feature> features() const;
  /// [N x values], contiguous, of whatever type they are.
  torch::Tensor values(const Inputs& inputs) const;
  /// The same in float64.
  torch::Tensor rows(const Inputs& inputs) const { return values(inputs).to(torch::kFloat64).contiguous(); }
};

/// The layers of a list with + between them, "conv1+logits". Throws `Error` for an empty name and one given twice.
std::vector<ReadLayer> read_layers(const std::string& list, Pooling pooling = Pooling::kChannelMean);

/// What `Inputs` are to take down for all of them.
std::set<Feature> features_of(const std::vector<ReadLayer>& layers);

/// Throws `Error` for values without a model where there is more than one layer, as they can stand for one only.
void ensure_layers_known(const std::vector<ReadLayer>& layers, const Inputs& inputs);

}  // namespace deepmine
