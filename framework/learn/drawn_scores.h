#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// Scores of one kind and how often each was drawn, with replacement and as many as there are: sorted once, each draw
/// costs O(n).
class DrawnScores {
 public:
  /// None of them NaN.
  explicit DrawnScores(const std::vector<double>& scores);

  void draw(RandomStream& random);

  std::size_t size() const { return scores_.size(); }
  double score(std::size_t rank) const { return scores_[rank]; }   ///< ascending by rank
  std::uint32_t times(std::size_t rank) const { return times_[rank]; }

 private:
  std::vector<double> scores_;
  std::vector<std::uint32_t> ranks_;  ///< of the scores as they were given
  std::vector<std::uint32_t> times_;
};

/// The AUROC (framework/learn/roc.h) of what was drawn.
double auroc_of_drawn(const DrawnScores& positives, const DrawnScores& negatives);

}  // namespace deepmine
