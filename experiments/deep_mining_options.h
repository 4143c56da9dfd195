#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "framework/core/spec.h"

namespace deepmine {

/// The protocol of deep-mining (section on the experiment's set-up) with its values.
struct DeepMiningOptions {
  std::string dataset = "cifar10";
  std::string model = "results/checkpoints/resnet20-cifar10-paper.npz";
  std::string attack = "bim:epsilon=0.02,step=0.002,steps=10";
  std::string layer = "conv";
  std::string detector = "subset-scan";
  std::string targets = "0,1,2,3,4,5,6,7,8,9";
  std::string anomalous_percent = "6,8,10,12,14";
  std::int64_t background = 9000;
  std::int64_t evaluation = 1000;
  std::int64_t size = 500;
  std::int64_t replicates = 100;
  bool all_targets = true;
  bool disjoint_sources = false;
  std::int64_t image_resamples = 0;

  void describe(Fields& fields);
  /// The options as a run's key has them: specs written out, layers by the network's names, without
  /// the model, for which its weights' checksum stands.
  std::map<std::string, std::string> canonical() const;

  std::vector<std::int64_t> target_list() const;
  /// Anomalous shares, in (0, 1).
  std::vector<double> fractions() const;
  /// How many inputs of a test set are anomalous.
  std::int64_t n_anomalous(double fraction) const;
  /// The network's names of `layer`: conv, bn and block-out are those of ResNet20's last block. Throws
  /// `Error` for none and for one named twice.
  std::vector<std::string> layer_names() const;
  /// The same in one text, with + between them.
  std::string layer_name() const;
  /// Throws `Error` for options that do not fit each other.
  void check() const;
};

}  // namespace deepmine
