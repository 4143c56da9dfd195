#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "framework/scan/binned_levels.h"
#include "framework/scan/count_histogram.h"
#include "framework/scan/scan_statistic.h"
#include "framework/scan/start.h"

namespace deepmine {

/// The best subset of one axis while the other is held fixed.
struct SideOptimum {
  double score = 0;
  std::optional<double> alpha;         ///< none where nothing scores above 0
  std::vector<std::uint32_t> records;  ///< ascending
  std::uint64_t n_alpha = 0;
};

/// The half step of an ascent: the best of all alphas and all subsets of one axis. Equal scores go
/// to the smaller alpha, then to fewer records. Keeps its buffers from call to call: one per
/// thread.
///
/// Where a bin holds several alphas, it is searched by halving: the counts at the highest alpha of
/// a range, scored at its lowest alpha, bound the scores within; ranges whose bound stays below the
/// best score are left out. The result is exact all the same.
class AxisSearch {
 public:
  /// Both must outlive the search; `scorers` holds one scorer per level.
  AxisSearch(const BinnedLevels& levels, const std::vector<AlphaScorer>& scorers)
      : levels_(levels),
        scorers_(scorers),
        counts_of_inputs_(levels.slices(Axis::kInputs), levels.bin_count()),
        counts_of_nodes_(levels.slices(Axis::kNodes), levels.bin_count(), levels.group()) {}

  /// `fixed`: the selected records of the other axis, ascending, not empty. `reached`: a score that
  /// some subset of the axis is known to have with `fixed`, or 0. After an interrupt, which it throws as `Interrupted`,
  /// the search is of no more use.
  SideOptimum best(Axis axis, const std::vector<std::uint32_t>& fixed, double reached = 0);

 private:
  void search_bins();
  bool consider(std::size_t level);
  bool may_improve(std::size_t first_level);
  void refine(Axis axis, std::size_t bin);
  void list_entries(Axis axis, std::size_t bin);
  void search(std::size_t first, std::size_t last);
  void add(std::size_t first, std::size_t last);
  void remove(std::size_t first, std::size_t last);
  SideOptimum result();

  const BinnedLevels& levels_;
  const std::vector<AlphaScorer>& scorers_;
  SlicedCounts counts_of_inputs_, counts_of_nodes_;
  SlicedCounts* bin_counts_ = nullptr;  ///< of the axis that is searched
  std::vector<std::size_t> open_;       ///< bins of several levels that may hold the best
  std::vector<char> is_fixed_;          ///< of the other axis
  std::vector<std::uint32_t> counts_;  ///< [records], while a bin is refined
  CountHistogram histogram_;

  // The bin being refined: the records that have a p-value of each of its levels.
  std::size_t first_level_ = 0;
  std::vector<std::size_t> first_entry_;  ///< [levels of the bin + 1]
  std::vector<std::uint32_t> entries_;

  double floor_ = 0;  ///< clearly below what is known to be reached
  Prefix best_;
  std::size_t best_level_ = 0;
  std::optional<std::size_t> best_bin_;  ///< none: best_counts_ holds the counts
  std::vector<std::uint32_t> best_counts_;
};

}  // namespace deepmine
