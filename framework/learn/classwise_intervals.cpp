#include "framework/learn/classwise_intervals.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "framework/learn/drawn_scores.h"

namespace deepmine {
namespace {

struct BothKinds {
  DrawnScores in, out;
};

/// Like `detection_threshold` of the scores drawn.
double threshold_of(const DrawnScores& in) {
  const auto n = static_cast<double>(in.size());
  const std::size_t rank = std::max<std::size_t>(static_cast<std::size_t>(kAcceptedShare * n), 1);
  std::size_t seen = in.times(0), i = 0;
  while (seen < rank) seen += in.times(++i);
  return in.score(i);
}

std::size_t detected(const DrawnScores& out, double threshold) {
  std::size_t found = 0;
  for (std::size_t i = out.size(); i-- > 0 && out.score(i) > threshold;) found += out.times(i);
  return found;
}

/// Those of both kinds.
std::vector<BothKinds> classes_of(const ClassedScores& in, const ClassedScores& out) {
  std::map<std::int64_t, std::pair<std::vector<double>, std::vector<double>>> scores;
  for (std::size_t i = 0; i < in.scores.size(); ++i) scores[in.classes[i]].first.push_back(in.scores[i]);
  for (std::size_t i = 0; i < out.scores.size(); ++i) scores[out.classes[i]].second.push_back(out.scores[i]);
  std::vector<BothKinds> classes;
  for (const auto& [_, both] : scores) {
    if (both.first.empty() || both.second.empty()) continue;
    classes.push_back({DrawnScores(both.first), DrawnScores(both.second)});
  }
  return classes;
}

}  // namespace

ClasswiseIntervals classwise_intervals(const ClassedScores& in_distribution, const ClassedScores& anomalous,
                                       double confidence, std::size_t resamples, Seed seed) {
  classwise_metrics(in_distribution, anomalous);  // which refuses what has none
  std::vector<BothKinds> classes = classes_of(in_distribution, anomalous);
  std::vector<double> tnr(resamples), auroc(resamples);
  RandomStream random(seed);
  for (std::size_t i = 0; i < resamples; ++i) {
    double found = 0, n_out = 0, weighted = 0, weights = 0;
    for (BothKinds& both : classes) {
      both.in.draw(random);
      both.out.draw(random);
      const auto out = static_cast<double>(both.out.size());
      const double weight = static_cast<double>(both.in.size()) + out;
      found += static_cast<double>(detected(both.out, threshold_of(both.in)));
      n_out += out;
      weighted += weight * auroc_of_drawn(both.out, both.in);
      weights += weight;
    }
    tnr[i] = found / n_out;
    auroc[i] = weighted / weights;
  }
  return {percentile_interval(std::move(tnr), confidence), percentile_interval(std::move(auroc), confidence)};
}

}  // namespace deepmine
