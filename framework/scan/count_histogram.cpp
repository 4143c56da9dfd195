#include "framework/scan/count_histogram.h"

#include <algorithm>
#include <cassert>

namespace deepmine {
namespace {

// Above the rounding errors of scores and their bounds.
constexpr double kMargin = 1 + 1e-9;

}  // namespace

Prefix Prefixes::best(const AlphaScorer& scorer, double floor) const {
  Prefix best;
  for (const Candidate& candidate : list_) {
    if (candidate.mean < scorer.alpha()) break;
    if (scorer.bound(candidate.mean, candidate.n) * kMargin < std::max(floor, best.score)) continue;
    const double score = scorer(candidate.n_alpha, candidate.n);
    if (score > best.score) best = {score, candidate.least, candidate.n_alpha};
  }
  return best;
}

bool Prefixes::reaches(const AlphaScorer& scorer, double score) const {
  for (const Candidate& candidate : list_) {
    if (candidate.mean < scorer.alpha()) break;
    if (scorer.bound(candidate.mean, candidate.n) * kMargin < score) continue;
    const double found = scorer(candidate.n_alpha, candidate.n);
    if (found > 0 && found >= score) return true;
  }
  return false;
}

void CountHistogram::assign(const std::uint32_t* counts, std::size_t records, std::size_t items) {
  assert(records > 0);
  records_ = records;
  records_with_.assign(items + 1, 0U);
  for (std::size_t r = 0; r < records; ++r) ++records_with_[counts[r]];
}

void CountHistogram::assign(const SlicedCounts& counts, std::size_t bin) {
  records_ = counts.records();
  records_with_.assign(counts.items() + 1, 0U);
  counts.add_to(records_with_, bin);
}

void CountHistogram::raise(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count + 1];
}

void CountHistogram::lower(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count - 1];
}

const Prefixes& CountHistogram::prefixes() {
  prefixes_.clear();
  const std::uint64_t items = records_with_.size() - 1;
  std::uint64_t n_alpha = 0, taken = 0;
  for (std::size_t count = records_with_.size(); taken < records_ && count-- > 1;) {
    const std::uint64_t records = records_with_[count];
    if (records == 0) continue;
    n_alpha += records * count;
    taken += records;
    prefixes_.add(static_cast<std::uint32_t>(count), n_alpha, taken * items);
  }
  return prefixes_;
}

}  // namespace deepmine
