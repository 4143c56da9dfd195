#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "framework/core/spec.h"

namespace deepmine {

/// The protocol of autoencoder-scan with its values.
struct AutoencoderScanOptions {
  std::string dataset = "fashion-mnist";
  std::string autoencoder;  ///< empty: the shipped one of the dataset; likewise `classifier`
  std::string classifier;
  std::string attacks = "fgsm:epsilon=0.01+bim:epsilon=0.01,step=0.002,steps=1000";
  std::string clip = "both";
  std::string detector = "subset-scan";
  std::string layers = "all";
  std::int64_t background = 7000;
  std::int64_t clean = 1500;
  std::int64_t attacked = 1500;
  std::int64_t size = 500;
  std::string anomalous_percent = "6,8,10,12,14";
  std::int64_t replicates = 100;

  void describe(Fields& fields);
  /// The options as a run's key has them: specs written out, without the models, for which the checksums
  /// of their weights stand.
  std::map<std::string, std::string> canonical() const;

  std::string autoencoder_model() const;
  std::string classifier_model() const;
  /// Canonical specs of what is measured: each attack with each kind of clipping.
  std::vector<std::string> attack_list() const;
  /// The layers to scan, of those the autoencoder has. Throws `Error` for others.
  std::vector<std::string> layer_list(const std::vector<std::string>& known) const;
  /// Anomalous shares, in (0, 1).
  std::vector<double> fractions() const;
  /// Throws `Error` for options that do not fit each other.
  void check() const;
};

}  // namespace deepmine
