#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/autoencoder_scan_options.h"
#include "experiments/doubts.h"
#include "experiments/reconstruction_errors.h"
#include "framework/activation/activations.h"
#include "framework/attack/adversarial_set.h"
#include "framework/data/dataset.h"
#include "framework/data/test_set.h"
#include "framework/detect/detector.h"
#include "framework/model/autoencoder.h"
#include "framework/model/classifier.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// One execution of autoencoder-scan's protocol, layer by layer into the store. Activations of few layers
/// are in memory at once.
class AutoencoderScanMeasurement {
 public:
  AutoencoderScanMeasurement(const AutoencoderScanOptions& options, Workplace& place);

  /// Measures what is missing; returns the run's uid.
  std::string run();
  Outline outline() const { return {key(), units()}; }
  /// About the bytes that this process will hold at most.
  std::uint64_t memory() const;

 private:
  using Classes = std::vector<std::int64_t>;

  RunKey key() const;
  std::vector<std::string> units() const;
  void measure(Run& run);
  void check_detector() const;
  void write_inputs(Run& run) const;
  AttackedImages attacked(const std::string& spec) const;
  void attack(Run& run);
  void keep_noised(Run& run, const std::string& spec, const AttackedImages& made);
  std::vector<std::vector<std::string>> layer_blocks() const;
  WatchedInputs watched(const Activations& activations, const Classes& predicted,
                        const std::string& layer) const;
  void scan_layer(Run& run, const std::string& layer, const Activations& background,
                  const Activations& evaluation);
  void scan_alone(Run& run, const std::string& layer, const ScoringPool& pool);
  void scan_sets_of(Run& run, const std::string& layer, const ScoringPool& pool);
  void keep_examples(Run& run, const Activations& background, const Activations& errors) const;
  std::optional<std::int64_t> set_size(const NoisedImages& noised) const;

  AutoencoderScanOptions options_;
  Workplace& place_;
  Seed seed_;
  Dataset data_;
  std::unique_ptr<Autoencoder> autoencoder_;
  std::unique_ptr<Classifier> classifier_;
  Doubts doubts_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;  ///< of each layer
  Classes background_predicted_, evaluation_predicted_;
  torch::Tensor evaluation_images_;  ///< the clean ones, then the noised ones that are classified wrong
  std::vector<PoolInput> clean_;
  std::vector<NoisedImages> noised_;
};

}  // namespace deepmine
