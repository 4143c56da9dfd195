#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/detect/hidden_layers.h"

namespace deepmine {

/// Inputs as their units respond: a number for each channel of a convolution and each unit of a dense layer.
struct Descriptors {
  Matrix<double> rows;             ///< [N x m], each layer's part of a row of length 1, or all 0
  std::vector<std::size_t> sizes;  ///< units of each layer; m together
};

/// The sum of squares over each channel, each layer's numbers divided by their length; zeros where that is below 1e-12.
/// Channels are summed as images pass, in double, and kept in float32.
/// Source: relevant-neurons, its descriptor; differs from it in: float32; units=raw reads rectified values of networks
/// that show no raw ones.
class ChannelEnergies {
 public:
  struct Options {
    HiddenLayers hidden;
    std::string norm = "squared";

    void describe(Fields& fields);
  };

  explicit ChannelEnergies(Options options) : options_(std::move(options)) {}

  /// What `Inputs` are to take down, as far as it is known without a model.
  std::set<Feature> features() const { return features_of(options_.hidden.named(Pooling::kChannelEnergy)); }
  /// Values without a model are what the units of one layer give. Throws `Error` like `HiddenLayers::of`.
  Descriptors of(const Inputs& inputs) const;

 private:
  Matrix<double> energies(const Inputs& inputs, const ReadLayer& layer) const;

  Options options_;
};

}  // namespace deepmine
