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
  /// The counts up to one bin; looked at when they are asked for, so they must stay as they are.
  void assign(const SlicedCounts& counts, std::size_t bin);
  /// One record's count goes up or down by one; after the first kind of `assign`.
  void raise(std::uint32_t count);
  void lower(std::uint32_t count);

  /// The best prefix, of equal scores the shortest; whatever scores clearly below `floor` may be
  /// taken for 0.
  Prefix best(const AlphaScorer& scorer, double floor = 0);
  /// Whether some prefix may score above 0 and at least `score`; false only if none does.
  bool may_reach(const AlphaScorer& scorer, double score);

 private:
  void forget_prefixes();
  void fill_down_to(std::size_t count);
  void make_room(std::size_t prefixes);
  void list_prefixes(double alpha);
  double bound_prefixes(const AlphaScorer& scorer);

  std::vector<std::uint32_t> records_with_;  ///< [items + 1]
  std::size_t items_ = 0;
  std::size_t highest_ = 0;               ///< no record has a higher count
  std::size_t filled_from_ = 0;           ///< lower counts are not in records_with_ yet
  const SlicedCounts* source_ = nullptr;  ///< where they come from
  std::size_t bin_ = 0;

  // The prefixes with records of more than listed_down_to_ p-values, listed when they are asked
  // for: how many p-values they have, how many of them up to alpha, and what `SubsetColumns` needs.
  std::size_t n_prefixes_ = 0, n_completed_ = 0, listed_down_to_ = 0;
  std::uint64_t n_alpha_ = 0, n_ = 0;
  std::vector<std::uint32_t> least_, filled_;
  std::vector<double> prefix_n_alpha_, prefix_n_, means_, entropies_, bounds_;
};

}  // namespace deepmine
