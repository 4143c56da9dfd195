#pragma once

#include <string>
#include <vector>

#include "experiments/node_p_values.h"
#include "experiments/reconstruction_errors.h"
#include "framework/model/autoencoder.h"

namespace deepmine {

/// The units of a run of autoencoder-scan, by their names in the store.
struct AutoencoderScanUnits {
  static constexpr const char* kExamples = "examples";

  static std::string attack(const std::string& spec) { return "attack / " + spec; }
  static std::string alone(const std::string& layer) { return "alone / " + layer; }
  static std::string sets(const std::string& layer) { return "sets / " + layer; }

  /// What is measured of a layer.
  static std::vector<std::string> of(const std::string& layer) {
    std::vector<std::string> names{alone(layer), sets(layer)};
    if (layer == Autoencoder::kError) names.insert(names.end(), {kErrorsUnit, kExamples, kNodePValuesUnit});
    return names;
  }
};

}  // namespace deepmine
