#include "framework/learn/transductive_scores.h"

#include <algorithm>
#include <map>
#include <utility>

#include "framework/learn/checked_rows.h"

namespace deepmine {
namespace {

using Ranges = std::map<std::int64_t, std::pair<double, double>>;  ///< the lowest and highest score of each class

void widen(Ranges& ranges, const ClassedScores& scores) {
  ensure_one_each(scores.scores.size(), scores.classes.size(), "classes of scores");
  ensure_rows_like({scores.scores.data(), scores.scores.size(), 1}, 1, "scores");
  for (std::size_t i = 0; i < scores.scores.size(); ++i) {
    const double score = scores.scores[i];
    auto& [low, high] = ranges.try_emplace(scores.classes[i], score, score).first->second;
    low = std::min(low, score);
    high = std::max(high, score);
  }
}

std::vector<double> scaled(const Ranges& ranges, const ClassedScores& scores) {
  std::vector<double> result(scores.scores.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto& [low, high] = ranges.at(scores.classes[i]);
    result[i] = 1 - (high - scores.scores[i]) / (high > low ? high - low : 1);
  }
  return result;
}

}  // namespace

MixedScores transductive_scores(const ClassedScores& in_distribution, const ClassedScores& anomalous) {
  Ranges ranges;
  widen(ranges, in_distribution);
  widen(ranges, anomalous);
  return {scaled(ranges, in_distribution), scaled(ranges, anomalous)};
}

}  // namespace deepmine
