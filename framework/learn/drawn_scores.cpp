#include "framework/learn/drawn_scores.h"

#include <algorithm>
#include <numeric>

namespace deepmine {

DrawnScores::DrawnScores(const std::vector<double>& scores)
    : scores_(scores.size()), ranks_(scores.size()), times_(scores.size()) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return scores[a] < scores[b]; });
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
    ranks_[order[rank]] = rank;
    scores_[rank] = scores[order[rank]];
  }
}

void DrawnScores::draw(RandomStream& random) {
  std::fill(times_.begin(), times_.end(), 0);
  for (std::size_t i = 0; i < scores_.size(); ++i) ++times_[ranks_[random.below(scores_.size())]];
}

double auroc_of_drawn(const DrawnScores& positives, const DrawnScores& negatives) {
  std::uint64_t below = 0, not_above = 0, halves = 0;  // twice the number of pairs won
  std::size_t i = 0, k = 0;
  for (std::size_t j = 0; j < positives.size(); ++j) {
    while (i < negatives.size() && negatives.score(i) < positives.score(j)) below += negatives.times(i++);
    while (k < negatives.size() && negatives.score(k) <= positives.score(j)) not_above += negatives.times(k++);
    halves += positives.times(j) * (below + not_above);
  }
  return static_cast<double>(halves) /
         (2.0 * static_cast<double>(positives.size()) * static_cast<double>(negatives.size()));
}

}  // namespace deepmine
