#include "framework/scan/individual_scan.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <variant>

#include "framework/core/interrupt.h"
#include "framework/scan/rank_kernels.h"

namespace deepmine {
namespace {

// Above the rounding errors of a score.
constexpr double kMargin = 1 + 1e-9;
constexpr std::size_t kChunk = 32;  // levels that are looked at together

/// What one input's nodes add up to, from the smallest alpha on.
class IndividualSearch {
 public:
  explicit IndividualSearch(const std::vector<AlphaScorer>& scorers) : scorers_(scorers) {}

  /// `more` nodes have their p-values at this level.
  void add(std::size_t level, std::uint64_t more) {
    nodes_ += more;
    const double score = scorers_[level].all(nodes_);
    if (score > best_) {
      best_ = score;
      best_level_ = level;
      best_nodes_ = nodes_;
    }
  }

  /// `counts[level]` nodes have their p-values at each level. Only chunks of levels that may hold the
  /// best are looked into: those whose nodes, all at the smallest alpha, score no less than some
  /// chunk's nodes at its largest.
  void add_all(const std::vector<std::uint32_t>& counts) {
    chunks_.clear();
    double reached = 0;
    for (std::size_t first = 0; first < counts.size(); first += kChunk) {
      const std::size_t last = std::min(counts.size(), first + kChunk);
      const auto more = std::accumulate(counts.data() + first, counts.data() + last, 0U);
      const std::uint64_t before = chunks_.empty() ? 0 : chunks_.back();
      chunks_.push_back(before + more);
      reached = std::max(reached, scorers_[last - 1].all(chunks_.back()));
    }
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const std::size_t first = chunk * kChunk, last = std::min(counts.size(), first + kChunk);
      if (scorers_[first].all(chunks_[chunk]) * kMargin < reached) continue;
      nodes_ = chunk == 0 ? 0 : chunks_[chunk - 1];
      for (std::size_t level = first; level < last; ++level) add(level, counts[level]);
    }
  }

  /// The best since the last call.
  IndividualScore take() {
    IndividualScore found{best_, std::nullopt, best_nodes_};
    if (best_ > 0) found.alpha = scorers_[best_level_].alpha();
    nodes_ = best_nodes_ = 0;
    best_ = 0;
    return found;
  }

 private:
  const std::vector<AlphaScorer>& scorers_;
  std::vector<std::uint64_t> chunks_;  ///< nodes up to the end of each
  std::uint64_t nodes_ = 0, best_nodes_ = 0;
  std::size_t best_level_ = 0;
  double best_ = 0;
};

/// For few levels, those above all of them included: `counts` has one entry for each, 0 at first.
void count_levels(const std::uint8_t* levels, std::size_t nodes, std::vector<std::uint32_t>& counts) {
  // A counter that is raised again and again waits for itself; four in turn do not.
  std::uint32_t tables[4][256] = {};
  for (std::size_t j = 0; j < nodes; ++j) ++tables[j % 4][levels[j]];
  for (std::size_t level = 0; level < counts.size(); ++level) {
    for (const auto& table : tables) counts[level] += table[level];
  }
}

/// The levels above all others, often half, are left out first for the same reason.
void count_levels(const std::uint16_t* levels, std::size_t nodes,
                  std::vector<std::uint32_t>& counts) {
  std::uint16_t kept[kernels::kKeptAtOnce];
  const auto above = static_cast<std::uint16_t>(counts.size());
  for (std::size_t j = 0; j < nodes; j += kernels::kKeptAtOnce) {
    const std::size_t n = kernels::keep_below(levels + j, std::min(kernels::kKeptAtOnce, nodes - j),
                                              above, kept);
    for (std::size_t k = 0; k < n; ++k) ++counts[kept[k]];
  }
}

void count_levels(const std::uint32_t* levels, std::size_t nodes,
                  std::vector<std::uint32_t>& counts) {
  for (std::size_t j = 0; j < nodes; ++j) {
    if (levels[j] < counts.size()) ++counts[levels[j]];
  }
}

/// For many more levels than nodes.
template <typename Level>
void add_sorted(const Level* levels, std::size_t nodes, std::size_t above, std::vector<Level>& kept,
                IndividualSearch& search) {
  kept.clear();
  std::copy_if(levels, levels + nodes, std::back_inserter(kept),
               [above](Level level) { return level < above; });
  std::sort(kept.begin(), kept.end());
  for (Level level : kept) search.add(level, 1);
}

template <typename Level>
std::vector<IndividualScore> scan_rows(const Matrix<Level>& levels,
                                       const std::vector<AlphaScorer>& scorers) {
  constexpr std::size_t kFew = 8;  // levels per node up to which counting beats sorting
  const std::size_t above = scorers.size();
  const bool few = above <= kFew * levels.cols();
  std::vector<std::uint32_t> counts(few ? above : 0);
  std::vector<Level> kept;
  std::vector<IndividualScore> scores;
  IndividualSearch search(scorers);
  for (std::size_t i = 0; i < levels.rows(); ++i) {
    throw_if_interrupted();
    if (few) {
      count_levels(levels.row(i), levels.cols(), counts);
      search.add_all(counts);
      std::fill(counts.begin(), counts.end(), 0U);
    } else {
      add_sorted(levels.row(i), levels.cols(), above, kept, search);
    }
    scores.push_back(search.take());
  }
  return scores;
}

}  // namespace

std::vector<IndividualScore> individual_scan(const PValueMatrix& p_values,
                                             ScanStatistic statistic) {
  std::vector<AlphaScorer> scorers;
  for (double alpha : p_values.alphas()) scorers.emplace_back(statistic, alpha);
  return std::visit([&](const auto& levels) { return scan_rows(levels, scorers); },
                    p_values.levels());
}

}  // namespace deepmine
