#include "framework/scan/count_histogram.h"

#include <algorithm>
#include <cassert>

namespace deepmine {
namespace {

// Above the rounding errors of scores and their bounds.
constexpr double kMargin = 1 + 1e-9;

}  // namespace

void CountHistogram::assign(const std::uint32_t* counts, std::size_t records, std::size_t items) {
  assert(records > 0);
  records_with_.assign(items + 1, 0U);
  for (std::size_t r = 0; r < records; ++r) ++records_with_[counts[r]];
  forget_prefixes();
}

void CountHistogram::assign(const SlicedCounts& counts, std::size_t bin) {
  records_with_.assign(counts.items() + 1, 0U);
  counts.add_to(records_with_, bin);
  forget_prefixes();
}

void CountHistogram::raise(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count + 1];
  forget_prefixes();
}

void CountHistogram::lower(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count - 1];
  forget_prefixes();
}

void CountHistogram::forget_prefixes() {
  n_prefixes_ = n_alpha_ = n_ = 0;
  listed_down_to_ = records_with_.size() - 1;
}

/// Lists the prefixes that may be best at alphas from `alpha` on: a record with no more p-values than
/// alpha lets expect raises no score.
void CountHistogram::list_prefixes(double alpha) {
  const std::size_t items = records_with_.size() - 1;
  const auto expected = static_cast<std::size_t>(alpha * static_cast<double>(items));
  const std::size_t down_to = std::max<std::size_t>(1, expected) - 1;  // one below, for rounding
  if (prefixes_.size() <= items) prefixes_.resize(items + 1);
  for (; listed_down_to_ > down_to; --listed_down_to_) {
    const std::uint64_t records = records_with_[listed_down_to_];
    n_alpha_ += records * listed_down_to_;
    n_ += records * items;
    prefixes_[n_prefixes_] = {n_alpha_, n_, static_cast<std::uint32_t>(listed_down_to_)};
    n_prefixes_ += records > 0 ? 1 : 0;  // no branch: it would be mispredicted every other time
  }
}

Prefix CountHistogram::best(const AlphaScorer& scorer, double floor) {
  list_prefixes(scorer.alpha());
  Prefix best;
  for (std::size_t i = 0; i < n_prefixes_; ++i) {
    const Candidate& candidate = prefixes_[i];
    const double mean = candidate.mean();
    if (mean < scorer.alpha()) break;
    if (scorer.bound(mean, candidate.n) * kMargin < std::max(floor, best.score)) continue;
    const double score = scorer(candidate.n_alpha, candidate.n);
    if (score > best.score) best = {score, candidate.least, candidate.n_alpha};
  }
  return best;
}

bool CountHistogram::reaches(const AlphaScorer& scorer, double score) {
  list_prefixes(scorer.alpha());
  for (std::size_t i = 0; i < n_prefixes_; ++i) {
    const Candidate& candidate = prefixes_[i];
    const double mean = candidate.mean();
    if (mean < scorer.alpha()) break;
    if (scorer.bound(mean, candidate.n) * kMargin < score) continue;
    const double found = scorer(candidate.n_alpha, candidate.n);
    if (found > 0 && found >= score) return true;
  }
  return false;
}

}  // namespace deepmine
