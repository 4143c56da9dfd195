#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/detect/detector.h"

namespace deepmine {

/// What a detector says of a group of inputs.
struct GroupScore {
  double score = 0;                      ///< higher is more anomalous
  std::vector<std::uint32_t> anomalous;  ///< positions in the group it holds anomalous, ascending
  // Of detectors that scan:
  std::optional<double> alpha = {};       ///< none for the empty subset
  std::size_t n_nodes = 0;                ///< nodes in the subset
  std::optional<std::size_t> best_start = {};
  std::size_t half_steps = 0;
  std::vector<double> start_scores = {};
};

/// What a network makes of some inputs.
struct WatchedInputs {
  MatrixView<float> activations;        ///< [inputs x nodes]
  std::vector<std::int64_t> predicted = {};  ///< the class of each input's highest logit
  /// Consecutive nodes that are one channel; 0 where channels differ in size or are not known.
  std::size_t channel_nodes = 0;
  /// Nodes of each layer, in the order they lie beside each other.
  std::vector<std::size_t> layer_nodes = {};
};

/// Inputs a detector has looked at, ready to be scored in groups; safe to use from many threads.
class ScoringPool {
 public:
  virtual ~ScoringPool() = default;
  /// Scores the inputs at `rows` of the pool together. Random choices come from `seed`.
  virtual GroupScore score(const std::vector<std::size_t>& rows, Seed seed) const = 0;
  /// Scores the input at `row` alone: a group of one.
  virtual GroupScore score_alone(std::size_t row) const = 0;
};

/// A detector that also scores groups of inputs, of whatever layer it is given; single ones are groups of one.
class GroupDetector : public Detector {
 public:
  /// Throws `Error` where a background of so many inputs could never serve, before hours of work.
  virtual void check(std::size_t background) const { static_cast<void>(background); }
  /// Learns what is normal from clean inputs; replaces what was learnt before.
  virtual void fit(const WatchedInputs& background, std::size_t threads) = 0;
  /// Takes in the inputs from which groups will be drawn, of the same layer. `fit` comes first.
  virtual std::unique_ptr<ScoringPool> admit(const WatchedInputs& evaluation, std::size_t threads) const = 0;
  /// About the bytes that `fit` with `background` inputs and `admit` with `evaluation` inputs of `nodes` nodes hold at
  /// most, beside the activations.
  virtual std::uint64_t memory(std::uint64_t background, std::uint64_t evaluation, std::uint64_t nodes) const = 0;

  /// The layer whose activations `Inputs` are scored by.
  void read(std::string layer) { layer_ = std::move(layer); }
  std::set<Feature> features() const override { return layer_.empty() ? std::set<Feature>() : std::set<Feature>{{layer_}}; }
  bool reads_logits() const override { return false; }
  void fit(const FitData& data, Seed seed, int threads) override;
  Scores score(const Inputs& inputs, int threads) const override;

 private:
  std::string layer_;
};

/// The detector that `spec` asks for. Throws `Error` where it scores single inputs only.
std::unique_ptr<GroupDetector> make_group_detector(const Spec& spec);

}  // namespace deepmine
