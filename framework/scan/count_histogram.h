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

/// The subsets of records that may be best at some alpha. As all records have equally many items,
/// the best subset takes those with the highest counts, and of those with equal counts all or none,
/// since the statistics are convex.
/// Source: Neill 2012, linear-time subset scanning; differs from it in: nothing.
class Prefixes {
 public:
  void clear() { list_.clear(); }
  /// Appends the subset of all records with a count of at least `least`.
  void add(std::uint32_t least, std::uint64_t n_alpha, std::uint64_t n) {
    list_.push_back({static_cast<double>(n_alpha) / static_cast<double>(n), n_alpha, n, least});
  }

  /// The best prefix, of equal scores the shortest; whatever scores clearly below `floor` may be
  /// taken for 0.
  Prefix best(const AlphaScorer& scorer, double floor = 0) const;
  /// Whether some prefix scores above 0 and at least `score`.
  bool reaches(const AlphaScorer& scorer, double score) const;

 private:
  struct Candidate {
    double mean;
    std::uint64_t n_alpha, n;
    std::uint32_t least;
  };
  std::vector<Candidate> list_;  ///< means falling
};

/// How many records have each count of p-values <= alpha: walked from the top, it lists the prefixes
/// without sorting.
class CountHistogram {
 public:
  /// The counts of `records` records over `items` items each.
  void assign(const std::uint32_t* counts, std::size_t records, std::size_t items);
  /// The counts up to one bin.
  void assign(const SlicedCounts& counts, std::size_t bin);
  /// One record's count goes up or down by one.
  void raise(std::uint32_t count);
  void lower(std::uint32_t count);

  const Prefixes& prefixes();

 private:
  std::vector<std::uint32_t> records_with_;  ///< [items + 1]
  std::size_t records_ = 0;
  Prefixes prefixes_;
};

}  // namespace deepmine
