#include "framework/scan/axis_search.h"

#include <algorithm>
#include <cassert>

#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

// Above the rounding errors of a score, so that no bound is taken for lower than what it bounds.
constexpr double kMargin = 1e-9;

}  // namespace

SideOptimum AxisSearch::best(Axis axis, const std::vector<std::uint32_t>& fixed, double reached) {
  assert(!fixed.empty());
  best_ = {};
  best_bin_.reset();
  floor_ = reached - kMargin * std::max(1.0, reached);
  bin_counts_ = axis == Axis::kInputs ? &counts_of_inputs_ : &counts_of_nodes_;
  bin_counts_->count(levels_.members(other(axis), fixed));
  search_bins();
  if (!open_.empty()) {
    is_fixed_.assign(levels_.count(other(axis)), 0);
    for (std::uint32_t record : fixed) is_fixed_[record] = 1;
    for (auto bin = open_.rbegin(); bin != open_.rend(); ++bin) refine(axis, *bin);
  }
  return result();
}

/// Scores every bin at its highest level, from the highest bin down, but for those that cannot hold
/// the best: no bin has more counts than one above it, so what that one would score at a lower alpha
/// bounds all below.
void AxisSearch::search_bins() {
  open_.clear();
  std::size_t bin = levels_.bin_count();
  while (bin > 0) {
    throw_if_interrupted();
    --bin;
    histogram_.assign(*bin_counts_, bin);
    if (consider(levels_.first_level(bin + 1) - 1)) best_bin_ = bin;
    if (levels_.width(bin) > 1 && may_improve(levels_.first_level(bin))) open_.push_back(bin);
    while (bin > 0 && !may_improve(levels_.first_level(bin - 1))) --bin;
  }
}

/// Takes the best prefix at one level if it is better than the best so far.
bool AxisSearch::consider(std::size_t level) {
  const Prefix found = histogram_.best(scorers_[level], std::max(floor_, best_.score));
  const bool earlier = found.score == best_.score && level < best_level_;
  if (found.score <= 0 || (found.score <= best_.score && !earlier)) return false;
  best_ = found;
  best_level_ = level;
  return true;
}

/// Whether alphas from that of `first_level` on, with at most the present counts, may reach the
/// best.
bool AxisSearch::may_improve(std::size_t first_level) {
  return histogram_.may_reach(scorers_[first_level], std::max(floor_, best_.score));
}

void AxisSearch::refine(Axis axis, std::size_t bin) {
  histogram_.assign(*bin_counts_, bin);
  if (!may_improve(levels_.first_level(bin))) return;
  if (bin > 0) {
    bin_counts_->unslice(bin - 1, counts_);
  } else {
    counts_.assign(bin_counts_->records(), 0U);
  }
  histogram_.assign(counts_.data(), counts_.size(), bin_counts_->items());
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
  throw_if_interrupted();
  add(first, last);
  if (last - first == 1) {
    if (!consider(first_level_ + first)) return;
    best_bin_.reset();
    best_counts_ = counts_;
    return;
  }
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

SideOptimum AxisSearch::result() {
  SideOptimum optimum;
  if (best_.score <= 0) return optimum;
  optimum.score = best_.score;
  optimum.alpha = scorers_[best_level_].alpha();
  optimum.n_alpha = best_.n_alpha;
  if (best_bin_) bin_counts_->unslice(*best_bin_, best_counts_);
  for (std::uint32_t r = 0; r < best_counts_.size(); ++r) {
    if (best_counts_[r] >= best_.least) optimum.records.push_back(r);
  }
  return optimum;
}

}  // namespace deepmine
