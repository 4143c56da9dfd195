#include "framework/scan/axis_search.h"

#include <algorithm>
#include <cassert>

#include "framework/scan/bin_counts.h"

namespace deepmine {
namespace {

// Above the rounding errors of a score, so that no bound is taken for lower than what it bounds.
constexpr double kMargin = 1e-9;

}  // namespace

SideOptimum AxisSearch::best(Axis axis, const std::vector<std::uint32_t>& fixed) {
  assert(!fixed.empty());
  items_ = fixed.size();
  best_ = {};
  count_bins(levels_.bins(axis), fixed, levels_.bin_count(), bin_counts_);
  for (std::size_t bin = 0; bin < levels_.bin_count(); ++bin) {
    const std::uint32_t* row = bin_counts_.row(bin);
    histogram_.assign(row, bin_counts_.cols(), items_);
    consider(levels_.first_level(bin + 1) - 1, row);
  }
  is_fixed_.assign(levels_.count(other(axis)), 0);
  for (std::uint32_t record : fixed) is_fixed_[record] = 1;
  for (std::size_t bin = 0; bin < levels_.bin_count(); ++bin) {
    if (levels_.width(bin) > 1) refine(axis, bin);
  }
  return result();
}

void AxisSearch::consider(std::size_t level, const std::uint32_t* counts) {
  const Prefix found = histogram_.best(scorers_[level]);
  const bool earlier = found.score == best_.score && level < best_level_;
  if (found.score <= 0 || (found.score <= best_.score && !earlier)) return;
  best_ = found;
  best_level_ = level;
  best_counts_.assign(counts, counts + bin_counts_.cols());
}

/// Whether alphas from that of `first_level` on, with at most the present counts, may reach the
/// best.
bool AxisSearch::may_improve(std::size_t first_level) const {
  const double slack = kMargin * std::max(1.0, best_.score);
  return histogram_.reaches(scorers_[first_level], best_.score - slack);
}

void AxisSearch::refine(Axis axis, std::size_t bin) {
  const std::size_t records = bin_counts_.cols();
  histogram_.assign(bin_counts_.row(bin), records, items_);
  if (!may_improve(levels_.first_level(bin))) return;
  counts_.assign(records, 0U);
  if (bin > 0) std::copy_n(bin_counts_.row(bin - 1), records, counts_.data());
  histogram_.assign(counts_.data(), records, items_);
  list_entries(axis, bin);
  search(0, levels_.width(bin));
}

void AxisSearch::list_entries(Axis axis, std::size_t bin) {
  first_level_ = levels_.first_level(bin);
  first_entry_.clear();
  entries_.clear();
  for (std::size_t level = first_level_; level < levels_.first_level(bin + 1); ++level) {
    first_entry_.push_back(entries_.size());
    const auto* end = levels_.end_cells(level);
    for (const auto* cell = levels_.begin_cells(level); cell != end; ++cell) {
      if (is_fixed_[cell->on(other(axis))] != 0) entries_.push_back(cell->on(axis));
    }
  }
  first_entry_.push_back(entries_.size());
}

/// Searches the levels [first, last) of the bin. Expects the counts below `first`, leaves those
/// below `last`.
void AxisSearch::search(std::size_t first, std::size_t last) {
  add(first, last);
  if (last - first == 1) return consider(first_level_ + first, counts_.data());
  if (!may_improve(first_level_ + first)) return;
  remove(first, last);
  const std::size_t middle = first + (last - first) / 2;
  search(first, middle);
  search(middle, last);
}

void AxisSearch::add(std::size_t first, std::size_t last) {
  for (std::size_t e = first_entry_[first]; e < first_entry_[last]; ++e) {
    histogram_.raise(counts_[entries_[e]]++);
  }
}

void AxisSearch::remove(std::size_t first, std::size_t last) {
  for (std::size_t e = first_entry_[first]; e < first_entry_[last]; ++e) {
    histogram_.lower(counts_[entries_[e]]--);
  }
}

SideOptimum AxisSearch::result() const {
  SideOptimum optimum;
  if (best_.score <= 0) return optimum;
  optimum.score = best_.score;
  optimum.alpha = scorers_[best_level_].alpha();
  optimum.n_alpha = best_.n_alpha;
  for (std::uint32_t r = 0; r < best_counts_.size(); ++r) {
    if (best_counts_[r] >= best_.least) optimum.records.push_back(r);
  }
  return optimum;
}

}  // namespace deepmine
