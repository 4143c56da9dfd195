#include "framework/scan/count_histogram.h"

#include <algorithm>
#include <cassert>

namespace deepmine {

void CountHistogram::assign(const std::uint32_t* counts, std::size_t records, std::size_t items) {
  assert(records > 0);
  if (!records_with_.empty()) {
    std::fill(records_with_.begin() + low_, records_with_.begin() + high_ + 1, 0U);
  }
  records_with_.resize(items + 1);
  items_ = items;
  low_ = high_ = counts[0];
  for (std::size_t r = 0; r < records; ++r) {  // std::minmax_element is not vectorised
    low_ = std::min(low_, counts[r]);
    high_ = std::max(high_, counts[r]);
  }
  for (std::size_t r = 0; r < records; ++r) ++records_with_[counts[r]];
}

void CountHistogram::raise(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count + 1];
  high_ = std::max(high_, count + 1);
}

void CountHistogram::lower(std::uint32_t count) {
  --records_with_[count];
  ++records_with_[count - 1];
  low_ = std::min(low_, count - 1);
}

/// Calls visit(count, n_alpha, score) for the prefix that ends with the records of each count, and
/// stops when it returns false or when the mean count has fallen to what alpha lets expect.
template <typename Visit>
void CountHistogram::for_each_prefix(const AlphaScorer& scorer, Visit visit) const {
  std::uint64_t n_alpha = 0;
  std::uint64_t n = 0;
  for (std::uint32_t count = high_ + 1; count-- > low_;) {
    const std::uint64_t records = records_with_[count];
    if (records == 0) continue;
    n_alpha += records * count;
    n += records * items_;
    if (static_cast<double>(n_alpha) <= static_cast<double>(n) * scorer.alpha()) return;
    if (!visit(count, n_alpha, scorer(n_alpha, n))) return;
  }
}

Prefix CountHistogram::best(const AlphaScorer& scorer) const {
  Prefix best;
  for_each_prefix(scorer, [&](std::uint32_t count, std::uint64_t n_alpha, double score) {
    if (score > best.score) best = {score, count, n_alpha};
    return true;
  });
  return best;
}

bool CountHistogram::reaches(const AlphaScorer& scorer, double score) const {
  bool reached = false;
  for_each_prefix(scorer, [&](std::uint32_t, std::uint64_t, double found) {
    reached = found > 0 && found >= score;
    return !reached;
  });
  return reached;
}

}  // namespace deepmine
