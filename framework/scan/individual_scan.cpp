#include "framework/scan/individual_scan.h"

#include <algorithm>
#include <iterator>
#include <variant>

namespace deepmine {
namespace {

/// What one input's nodes add up to, from the smallest alpha on.
class IndividualSearch {
 public:
  explicit IndividualSearch(const std::vector<AlphaScorer>& scorers) : scorers_(scorers) {}

  /// `more` nodes have their p-values at this level.
  void add(std::size_t level, std::uint64_t more) {
    nodes_ += more;
    const double score = scorers_[level].all(nodes_);
    if (score > best_.score) best_ = {score, scorers_[level].alpha(), nodes_};
  }
  const IndividualScore& best() const { return best_; }

 private:
  const std::vector<AlphaScorer>& scorers_;
  std::uint64_t nodes_ = 0;
  IndividualScore best_;
};

/// For few levels: counts the nodes of each. `counts` has one entry per level and one for "above",
/// all 0 before and after.
template <typename Level>
IndividualScore by_counting(const Level* levels, std::size_t nodes, IndividualSearch search,
                            std::vector<std::uint32_t>& counts) {
  for (std::size_t j = 0; j < nodes; ++j) ++counts[levels[j]];
  for (std::size_t level = 0; level + 1 < counts.size(); ++level) {
    search.add(level, counts[level]);  // adding none raises nothing, and asking costs more
  }
  std::fill(counts.begin(), counts.end(), 0U);
  return search.best();
}

/// For many more levels than nodes.
template <typename Level>
IndividualScore by_sorting(const Level* levels, std::size_t nodes, IndividualSearch search,
                           std::size_t above) {
  std::vector<Level> sorted;
  std::copy_if(levels, levels + nodes, std::back_inserter(sorted),
               [above](Level level) { return level < above; });
  std::sort(sorted.begin(), sorted.end());
  for (Level level : sorted) search.add(level, 1);
  return search.best();
}

template <typename Level>
std::vector<IndividualScore> scan_rows(const Matrix<Level>& levels,
                                       const std::vector<AlphaScorer>& scorers) {
  constexpr std::size_t kFew = 8;  // levels per node up to which counting beats sorting
  const std::size_t above = scorers.size();
  const bool few = above <= kFew * levels.cols();
  std::vector<std::uint32_t> counts(few ? above + 1 : 0);
  std::vector<IndividualScore> scores;
  for (std::size_t i = 0; i < levels.rows(); ++i) {
    const IndividualSearch search(scorers);
    scores.push_back(few ? by_counting(levels.row(i), levels.cols(), search, counts)
                         : by_sorting(levels.row(i), levels.cols(), search, above));
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
