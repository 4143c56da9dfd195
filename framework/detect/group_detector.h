#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
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

/// How the nodes of layers lie beside each other that are looked at as one.
struct NodeLayout {
  std::vector<std::size_t> layers = {};  ///< nodes of each
  /// Consecutive nodes that are one channel; 0 where channels differ in size or are not known.
  std::size_t channel = 0;

  std::size_t nodes() const { return std::accumulate(layers.begin(), layers.end(), std::size_t{0}); }
};

/// P-values of the first inputs that a detector admits, against its whole background, at the upper end: what
/// experiments check of the background, whatever the detector scans.
struct NodeRanks {
  std::size_t inputs = 0;            ///< how many are wanted
  Matrix<std::uint32_t> numerators;  ///< [inputs x nodes]
  std::uint32_t denominator = 0;     ///< background inputs and one

  /// Of `count` inputs from `first` on.
  MatrixView<std::uint32_t> rows(std::size_t first, std::size_t count) const {
    return {numerators.row(first), count, numerators.cols()};
  }
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

/// A detector that also scores groups of inputs, of whatever layers it is given; single ones are groups of one.
class GroupDetector : public Detector {
 public:
  /// The layers whose activations `Inputs` are scored by, beside each other in this order.
  void read(std::vector<std::string> layers) { layers_ = std::move(layers); }
  /// How their nodes lie in a model that sees images like `image` [1,C,H,W]. Throws `Error` for layers it lacks, for
  /// none, and for one named twice.
  NodeLayout layout(Model& model, const torch::Tensor& image) const;
  /// Throws `Error` where so many background inputs, or nodes that lie so, could never serve, before hours of work.
  virtual void check(std::size_t background, const NodeLayout& layout) const = 0;
  /// Takes in the inputs from which groups will be drawn. `fit` or `restore` come first. Fills `ranks` where there are
  /// any.
  virtual std::unique_ptr<ScoringPool> admit(const Inputs& evaluation, int threads,
                                             NodeRanks* ranks = nullptr) const = 0;
  /// About the bytes that `fit` with `background` inputs and `admit` with `evaluation` inputs of `nodes` nodes hold at
  /// most, beside the activations.
  virtual std::uint64_t memory(std::uint64_t background, std::uint64_t evaluation, std::uint64_t nodes) const = 0;

  std::set<Feature> features() const override;
  bool reads_logits() const override { return false; }
  Scores score(const Inputs& inputs, int threads) const override;

 protected:
  /// What it reads of inputs.
  struct Rows {
    torch::Tensor nodes;  ///< float32 [inputs x nodes], contiguous
    std::vector<std::int64_t> predicted;
    NodeLayout layout;
  };
  Rows rows_of(const Inputs& inputs) const;

 private:
  std::vector<std::string> layers_;
};

/// The detector that `spec` asks for. Throws `Error` where it scores single inputs only.
std::unique_ptr<GroupDetector> make_group_detector(const Spec& spec);

}  // namespace deepmine
