#include "framework/scan/count_histogram.h"

#include <algorithm>
#include <cassert>

#include "framework/scan/score_kernels.h"

namespace deepmine {
void CountHistogram::assign(const std::uint32_t* counts, std::size_t records, std::size_t items) {
  assert(records > 0);
  items_ = highest_ = items;
  records_with_.assign(items + 1, 0U);
  for (std::size_t r = 0; r < records; ++r) ++records_with_[counts[r]];
  filled_from_ = 0;
  forget_prefixes();
}

void CountHistogram::assign(const SlicedCounts& counts, std::size_t bin) {
  items_ = counts.items();
  highest_ = counts.highest(bin);
  if (records_with_.size() <= items_) records_with_.resize(items_ + 1);
  source_ = &counts;
  bin_ = bin;
  filled_from_ = highest_ + 1;
  forget_prefixes();
}

void CountHistogram::fill_down_to(std::size_t count) {
  if (count >= filled_from_) return;
  const auto first = records_with_.begin(), end = first + static_cast<std::ptrdiff_t>(highest_ + 1);
  if (source_->is_narrow(count, filled_from_)) {
    std::fill(first + static_cast<std::ptrdiff_t>(count),
              first + static_cast<std::ptrdiff_t>(filled_from_), 0U);
    source_->add_range(records_with_, bin_, count, filled_from_);
    filled_from_ = count;
  } else {
    std::fill(first, end, 0U);
    source_->add_to(records_with_, bin_);
    filled_from_ = 0;
  }
}

void CountHistogram::raise(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count + 1];
  highest_ = std::max<std::size_t>(highest_, count + 1);
  forget_prefixes();
}

void CountHistogram::lower(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count - 1];
  forget_prefixes();
}

void CountHistogram::forget_prefixes() {
  n_prefixes_ = n_completed_ = n_alpha_ = n_ = 0;
  listed_down_to_ = highest_;
}

void CountHistogram::make_room(std::size_t prefixes) {
  if (least_.size() >= prefixes) return;
  least_.resize(prefixes);
  filled_.resize(prefixes + kernels::kColumnPadding);
  for (auto* column : {&prefix_n_alpha_, &prefix_n_, &means_, &entropies_, &bounds_}) {
    column->resize(prefixes + kernels::kColumnPadding, 1.0);
  }
}

/// Lists the prefixes that may be best at alphas from `alpha` on: a record with no more p-values
/// than alpha lets expect raises no score.
void CountHistogram::list_prefixes(double alpha) {
  const auto expected = static_cast<std::size_t>(alpha * static_cast<double>(items_));
  const std::size_t down_to = std::max<std::size_t>(1, expected) - 1;  // one below, for rounding
  if (listed_down_to_ <= down_to) return;
  fill_down_to(down_to + 1);
  make_room(items_ + 1);
  const std::size_t n_filled =
      kernels::list_filled(records_with_.data(), down_to + 1, listed_down_to_ + 1, filled_.data());
  for (std::size_t f = n_filled; f-- > 0; ++n_prefixes_) {
    const std::uint64_t records = records_with_[filled_[f]];
    n_alpha_ += records * filled_[f];
    n_ += records * items_;
    least_[n_prefixes_] = filled_[f];
    prefix_n_alpha_[n_prefixes_] = static_cast<double>(n_alpha_);
    prefix_n_[n_prefixes_] = static_cast<double>(n_);
  }
  listed_down_to_ = down_to;
  kernels::complete(prefix_n_alpha_.data() + n_completed_, prefix_n_.data() + n_completed_,
                    n_prefixes_ - n_completed_, means_.data() + n_completed_,
                    entropies_.data() + n_completed_);
  n_completed_ = n_prefixes_;
}

/// Bounds the score of every prefix that may be best; returns the largest bound.
double CountHistogram::bound_prefixes(const AlphaScorer& scorer) {
  list_prefixes(scorer.alpha());
  const kernels::SubsetColumns prefixes{prefix_n_.data(), means_.data(), entropies_.data(),
                                        n_prefixes_};
  return scorer.upper_bounds(prefixes, bounds_.data());
}

Prefix CountHistogram::best(const AlphaScorer& scorer, double floor) {
  const double highest = bound_prefixes(scorer);
  Prefix best;
  if (highest <= 0 || highest < floor) return best;
  const double bar = std::max(floor, highest - scorer.slack(static_cast<double>(n_)));
  for (std::size_t i = 0; i < n_prefixes_; ++i) {
    if (bounds_[i] < bar) continue;
    const auto n_alpha = static_cast<std::uint64_t>(prefix_n_alpha_[i]);
    const double score = scorer(n_alpha, static_cast<std::uint64_t>(prefix_n_[i]));
    if (score > best.score) best = {score, least_[i], n_alpha};
  }
  return best;
}

bool CountHistogram::may_reach(const AlphaScorer& scorer, double score) {
  const double highest = bound_prefixes(scorer);
  return highest > 0 && highest >= score;
}

}  // namespace deepmine
