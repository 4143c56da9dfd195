#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/deep_mining_options.h"
#include "framework/activation/inputs.h"
#include "framework/attack/adversarial_set.h"
#include "framework/data/dataset.h"
#include "framework/data/test_set.h"
#include "framework/detect/group_detector.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/result_sources.h"
#include "framework/model/classifier.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// Anomalous inputs to draw from: of one target, or of all of them.
struct AnomalousPool {
  std::string target;  ///< "0" ... "9" or "All"
  std::vector<PoolInput> inputs;
};

/// What the units of a run of deep-mining share, each worked out when it is first asked for. Activations are worked out
/// anew when a run is continued; adversarial images are read back from their file.
class DeepMiningInputs {
 public:
  /// Tells the workplace what is doubtful. Throws `Error` for images, a model or a detector with which nothing could be
  /// measured.
  DeepMiningInputs(const DeepMiningOptions& options, Workplace& place);

  RunKey key() const;
  const std::string& attack() const { return attack_; }  ///< canonical
  const Dataset& data() const { return data_; }
  const Classifier& classifier() const { return *classifier_; }
  const Doubts& doubts() const { return doubts_; }
  /// About the bytes that a process which asks for everything holds at most.
  std::uint64_t memory() const;

  /// The share of background and clean images that are given their class.
  double accuracy();
  /// What the detector has to say of the background. Throws `Error` where that cannot serve for each class to come.
  const Doubts& detector_doubts();
  /// What became of the attack towards a target.
  const AdversarialSet& adversarial(std::int64_t target);

  const std::vector<PoolInput>& clean_pool() const { return clean_pool_; }
  /// Of each target, and of all where the options ask for that.
  const std::vector<AnomalousPool>& anomalous_pools();
  /// All inputs as the detector takes them in: the clean ones, then those of each target.
  const ScoringPool& pool();
  /// Of the clean ones and those of the first target.
  const NodeRanks& ranks() {
    pool();
    return ranks_;
  }

 private:
  struct Anomalous {
    AdversarialSet set;
    std::optional<Inputs> inputs;  ///< let go of by `pool`
  };

  void check_model();
  std::string code_digest() const;
  SourceFiles image_sources() const;
  std::int64_t end() const { return options_.background + options_.evaluation; }
  const Inputs& background();
  const Inputs& clean();
  const Inputs& anomalous(std::int64_t target);
  Inputs looked_at(const torch::Tensor& images, const std::string& what) const;
  void fit();
  Anomalous attack_towards(std::int64_t target);
  void check_enough(const AdversarialSet& set) const;

  DeepMiningOptions options_;
  Workplace& place_;
  std::string attack_;
  Dataset data_;
  std::unique_ptr<Classifier> classifier_;
  Doubts doubts_;
  std::unique_ptr<GroupDetector> detector_;
  NodeLayout layout_;
  std::optional<Inputs> background_, clean_;
  std::optional<Doubts> detector_doubts_;  ///< once it is fitted
  std::map<std::int64_t, Anomalous> anomalous_;
  std::vector<PoolInput> clean_pool_;
  std::vector<AnomalousPool> anomalous_pools_;
  std::unique_ptr<ScoringPool> pool_;
  NodeRanks ranks_;
};

}  // namespace deepmine
