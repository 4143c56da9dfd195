#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/core/progress.h"
#include "framework/core/seed.h"
#include "framework/scan/alpha_grid.h"
#include "framework/scan/axis_search.h"
#include "framework/scan/half_step_memory.h"
#include "framework/scan/p_value_matrix.h"
#include "framework/scan/scan_statistic.h"
#include "framework/scan/start.h"

namespace deepmine {

/// What a user may choose about a scan.
struct ScanOptions {
  ScanStatistic statistic = ScanStatistic::kBerkJones;
  AlphaGrid alphas;
  StartScheme start = StartScheme::kPaper;
  std::size_t restarts = 5;
  /// So many consecutive nodes, the positions of one channel, are searched as one: taken together or
  /// left out together.
  std::size_t group = 1;
};

/// One half step of an ascent: `axis` was optimised, to `size` records.
struct HalfStep {
  Axis axis;
  double score;
  std::optional<double> alpha;  ///< none where nothing scored above 0
  std::size_t size;
};

/// The subset one ascent ended at.
struct Ascent {
  double score = 0;
  std::optional<double> alpha;        ///< none for the empty subset
  std::vector<std::uint32_t> inputs;  ///< ascending
  std::vector<std::uint32_t> nodes;   ///< ascending
  std::uint64_t n_alpha = 0;          ///< p-values <= alpha in the subset
  std::vector<HalfStep> trace;  ///< the last half step is the one that did not raise the score
};

/// The best of several ascents; of equally good ones the earliest.
struct ScanResult : Ascent {
  std::vector<Start> starts;
  std::vector<double> restart_scores;  ///< one per start
  std::size_t best_restart = 0;
  std::size_t half_steps = 0;  ///< of all ascents together
};

/// Looks for the inputs and nodes of a p-value matrix with the highest scan statistic, by
/// alternating between the two axes. Holds no mutable state: any number of threads may scan.
///
/// With groups of nodes a start, a trace and a half step are about groups; an ascent's nodes are their
/// members. All groups have the same size, so that a half step remains exact.
///
/// Source: deep-mining, the group scan; differs from it in: alphas stay fixed during an
/// ascent, equal scores go to the smaller alpha, then to the shorter prefix. Groups of nodes: the
/// extension it names (whole filters).
class SubsetScan {
 public:
  /// Throws `Error` unless `group` divides the number of nodes.
  SubsetScan(const PValueMatrix& p_values, ScanStatistic statistic, std::size_t group = 1);
  /// From levels binned already, those of `alphas`.
  SubsetScan(BinnedLevels levels, const std::vector<double>& alphas, ScanStatistic statistic);

  /// Alternates until a half step does not raise the score, and returns the state before that step.
  /// A half step that finds nothing above 0 keeps its whole axis; two of them leave the empty
  /// subset. Throws `Error` unless `start` selects records of the matrix, ascending.
  Ascent ascend(const Start& start) const;

  /// The best of the ascents from `starts`, of which there is at least one; tells `progress`, if any,
  /// of each. Throws `Interrupted` between two half steps.
  ScanResult scan(std::vector<Start> starts, Progress* progress = nullptr) const;

  /// The best subset of one axis for a fixed subset of the other, over all alphas.
  SideOptimum optimise(Axis axis, const std::vector<std::uint32_t>& fixed) const;

 private:
  Ascent ascend(const Start& start, AxisSearch& search, HalfStepMemory& memory,
                Progress* progress) const;
  SideOptimum half_step(Axis axis, const std::vector<std::uint32_t>& fixed, double reached,
                        AxisSearch& search, HalfStepMemory& memory) const;

  BinnedLevels levels_;
  std::vector<AlphaScorer> scorers_;  ///< one per alpha
};

/// Inputs from which many test sets are drawn: binned once, gathered for each.
class ScanPool {
 public:
  /// Throws `Error` unless `options.group` divides the number of nodes.
  ScanPool(PValueMatrix p_values, ScanOptions options);

  /// The same as scanning the matrix of these inputs, in that order. Throws `Error` for none and for
  /// inputs that the pool lacks.
  ScanResult scan(const std::vector<std::size_t>& inputs, Seed seed) const;

  const PValueMatrix& p_values() const { return p_values_; }

 private:
  PValueMatrix p_values_;
  ScanOptions options_;
  std::optional<BitSlices> slices_;  ///< where a test set's alphas are those of the pool
};

/// Scans a matrix built with `options.alphas`. `seed` draws the random starts.
ScanResult scan(const PValueMatrix& p_values, const ScanOptions& options, Seed seed,
                Progress* progress = nullptr);
/// Scans p-values [inputs x nodes] in (0, 1].
ScanResult scan(MatrixView<double> p_values, const ScanOptions& options, Seed seed);

}  // namespace deepmine
