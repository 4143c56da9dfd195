#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/scan/scan_statistic.h"

namespace deepmine {

/// The best choice of records at one alpha: all those with a count of at least `least`.
struct Prefix {
  double score = 0;  ///< 0 for no record at all
  std::uint32_t least = 0;
  std::uint64_t n_alpha = 0;
};

/// How many records have each count of p-values <= alpha. For all records have equally many items,
/// the best subset at one alpha takes the records with the highest counts, and of those with equal
/// counts all or none, since the statistics are convex: walking the histogram from the top meets
/// every subset worth a look without sorting.
/// Source: Neill 2012, linear-time subset scanning; differs from it in: nothing.
class CountHistogram {
 public:
  /// The counts of `records` records over `items` items each.
  void assign(const std::uint32_t* counts, std::size_t records, std::size_t items);
  /// One record's count goes up or down by one.
  void raise(std::uint32_t count);
  void lower(std::uint32_t count);

  /// The best prefix of the records by falling counts; of equal scores the shortest.
  Prefix best(const AlphaScorer& scorer) const;
  /// Whether some prefix scores above 0 and at least `score`.
  bool reaches(const AlphaScorer& scorer, double score) const;

 private:
  template <typename Visit>
  void for_each_prefix(const AlphaScorer& scorer, Visit visit) const;

  std::vector<std::uint32_t> records_with_;  ///< [items + 1]
  std::size_t items_ = 0;
  std::uint32_t low_ = 0, high_ = 0;  ///< no count lies outside; not always the closest bounds
};

}  // namespace deepmine
