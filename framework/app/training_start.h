#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "framework/core/spec.h"
#include "framework/model/model_file.h"

namespace deepmine {

class Network;
struct Dataset;

/// What a training begins with: a network of ours, or a model of one, whose weights it goes on from.
struct TrainingStart {
  Spec network;                                   ///< as the user wrote it, of a model the canonical one
  std::shared_ptr<Network> trained = {};          ///< none for a new one
  ModelFacts facts = {};                          ///< "from", the model's file, and "from_sha256"; none for a new one
  std::vector<std::filesystem::path> files = {};  ///< the model's

  bool reconstructs() const;
};

/// From `text`, which is the spec of a network, with `weights=FILE.npz` or not, or a model file of ours. Throws
/// `Error`.
TrainingStart training_start(const std::string& text);

/// The network of a start that has one, its weights to be changed. Throws `Error` unless it takes and tells apart what
/// `data` holds.
std::shared_ptr<Network> trainable(const TrainingStart& start, const Dataset& data);

}  // namespace deepmine
