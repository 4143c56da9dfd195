#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/deep_mining_options.h"
#include "experiments/doubts.h"
#include "experiments/watcher.h"
#include "framework/attack/adversarial_set.h"
#include "framework/data/dataset.h"
#include "framework/data/test_set.h"
#include "framework/detect/detector.h"
#include "framework/model/classifier.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// One execution of deep-mining's protocol, unit by unit into the store. What a unit needs and the
/// store does not keep (activations) is worked out anew when a run is continued; adversarial images
/// are read back from their file.
class DeepMiningMeasurement {
 public:
  DeepMiningMeasurement(const DeepMiningOptions& options, Workplace& place);

  /// Measures what is missing; returns the run's uid.
  std::string run();
  Outline outline() const { return {key(), units()}; }
  /// About the bytes that this process will hold at most.
  std::uint64_t memory() const;

 private:
  /// Noised inputs to draw from: of one target, or of all of them.
  struct NoisedPool {
    std::string target;  ///< "0" ... "9" or "All"
    std::vector<PoolInput> inputs;
  };

  RunKey key() const;
  std::vector<std::string> units() const;
  std::string made_by() const;
  void measure(Run& run);
  void check_model();
  void check_enough(const AdversarialSet& set) const;
  void write_inputs(Run& run) const;
  AdversarialSet attack(std::int64_t target, const torch::Tensor& predicted) const;
  void attack_own_targets(const Run& run, const torch::Tensor& predicted) const;
  void attack_targets(Run& run, const torch::Tensor& predicted);
  double accuracy(const torch::Tensor& predicted) const;
  void fit(const Watched& background, const torch::Tensor& clean);
  void admit(const Watched& clean);
  void scan_clean_sets(Run& run);
  void scan_noised_sets(Run& run, const NoisedPool& noised, double fraction);
  void scan_alone(Run& run, const std::string& unit, const std::optional<std::string>& target,
                  const std::vector<PoolInput>& inputs);
  void resample_images(Run& run);
  std::vector<std::size_t> enough_again(Seed seed) const;
  std::vector<DetectionRow> resampled_power(std::int64_t number, Seed seed) const;
  Watched watch(const torch::Tensor& images, const std::string& what) const;
  std::vector<ScanRow> scan_sets(const std::vector<PoolInput>& clean, const std::vector<PoolInput>& noised,
                                 std::int64_t n_noised, Seed seed) const;
  ScanCell cell(const std::string& kind) const;

  DeepMiningOptions options_;
  Workplace& place_;
  Seed seed_;
  std::string attack_;  ///< canonical
  Dataset data_;
  std::unique_ptr<Classifier> classifier_;
  Doubts doubts_, detector_doubts_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<Detector> detector_;
  std::vector<PoolInput> clean_;
  std::vector<NoisedPool> noised_;
  std::vector<Watched> watched_noised_;  ///< of each target, until the detector has taken them in
  std::unique_ptr<ScoringPool> pool_;
};

}  // namespace deepmine
