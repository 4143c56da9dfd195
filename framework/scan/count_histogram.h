#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/scan/bit_slices.h"
#include "framework/scan/scan_statistic.h"

namespace deepmine {

/// The best choice of records at one alpha: all those with a count of at least `least`.
struct Prefix {
  double score = 0;  ///< 0 for no record at all
  std::uint32_t least = 0;
  std::uint64_t n_alpha = 0;
};

/// How many records have each count of p-values <= alpha. Its prefixes are the subsets of records
/// that may be best at some alpha: as all records have equally many items, the best subset takes
/// those with the highest counts, and of those with equal counts all or none, since the statistics
/// are convex. Walking the counts from the top meets them without sorting.
/// Source: Neill 2012, linear-time subset scanning; differs from it in: nothing.
class CountHistogram {
 public:
  /// The counts of `records` records over `items` items each.
  void assign(const std::uint32_t* counts, std::size_t records, std::size_t items);
  /// The counts up to one bin.
  void assign(const SlicedCounts& counts, std::size_t bin);
  /// One record's count goes up or down by one.
  void raise(std::uint32_t count);
  void lower(std::uint32_t count);

  /// The best prefix, of equal scores the shortest; whatever scores clearly below `floor` may be
  /// taken for 0.
  Prefix best(const AlphaScorer& scorer, double floor = 0);
  /// Whether some prefix scores above 0 and at least `score`.
  bool reaches(const AlphaScorer& scorer, double score);

 private:
  struct Candidate {
    std::uint64_t n_alpha, n;
    std::uint32_t least;

    double mean() const { return static_cast<double>(n_alpha) / static_cast<double>(n); }
  };

  void forget_prefixes();
  void list_prefixes(double alpha);

  std::vector<std::uint32_t> records_with_;  ///< [items + 1]

  // The prefixes with records of more than listed_down_to_ p-values, listed when they are asked for.
  std::vector<Candidate> prefixes_;  ///< room for all
  std::size_t n_prefixes_ = 0, listed_down_to_ = 0;
  std::uint64_t n_alpha_ = 0, n_ = 0;
};

}  // namespace deepmine
