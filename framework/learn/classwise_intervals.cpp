#include "framework/learn/classwise_intervals.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace deepmine {
namespace {

/// The scores of a class in ascending order, as often as each was drawn.
struct Drawn {
  std::vector<double> scores;
  std::vector<std::size_t> times;

  void draw(RandomStream& random) {
    times.assign(scores.size(), 0);
    for (std::size_t i = 0; i < scores.size(); ++i) ++times[random.below(scores.size())];
  }
};

struct BothKinds {
  Drawn in, out;
};

/// Like `detection_threshold` of the scores drawn.
double threshold_of(const Drawn& in) {
  const auto n = static_cast<double>(in.scores.size());
  const std::size_t rank = std::max<std::size_t>(static_cast<std::size_t>(kAcceptedShare * n), 1);
  std::size_t seen = in.times.front(), i = 0;
  while (seen < rank) seen += in.times[++i];
  return in.scores[i];
}

std::size_t detected(const Drawn& out, double threshold) {
  std::size_t found = 0;
  for (std::size_t i = out.scores.size(); i-- > 0 && out.scores[i] > threshold;) found += out.times[i];
  return found;
}

/// The share of pairs drawn in which the anomalous input scores higher, ties half.
double auroc_of(const BothKinds& drawn) {
  const auto& [in, out] = drawn;
  std::size_t below = 0, not_above = 0, i = 0, k = 0, halves = 0;
  for (std::size_t j = 0; j < out.scores.size(); ++j) {
    while (i < in.scores.size() && in.scores[i] < out.scores[j]) below += in.times[i++];
    while (k < in.scores.size() && in.scores[k] <= out.scores[j]) not_above += in.times[k++];
    halves += out.times[j] * (below + not_above);
  }
  return static_cast<double>(halves) /
         (2 * static_cast<double>(in.scores.size()) * static_cast<double>(out.scores.size()));
}

std::map<std::int64_t, BothKinds> classes_of(const ClassedScores& in, const ClassedScores& out) {
  std::map<std::int64_t, BothKinds> classes;
  for (std::size_t i = 0; i < in.scores.size(); ++i) classes[in.classes[i]].in.scores.push_back(in.scores[i]);
  for (std::size_t i = 0; i < out.scores.size(); ++i) classes[out.classes[i]].out.scores.push_back(out.scores[i]);
  for (auto one = classes.begin(); one != classes.end();) {
    auto& [own, other] = one->second;
    std::sort(own.scores.begin(), own.scores.end());
    std::sort(other.scores.begin(), other.scores.end());
    one = own.scores.empty() || other.scores.empty() ? classes.erase(one) : std::next(one);
  }
  return classes;
}

}  // namespace

ClasswiseIntervals classwise_intervals(const ClassedScores& in_distribution, const ClassedScores& anomalous,
                                       double confidence, std::size_t resamples, Seed seed) {
  classwise_metrics(in_distribution, anomalous);  // which refuses what has none
  std::map<std::int64_t, BothKinds> classes = classes_of(in_distribution, anomalous);
  std::vector<double> tnr(resamples), auroc(resamples);
  RandomStream random(seed);
  for (std::size_t i = 0; i < resamples; ++i) {
    double found = 0, n_out = 0, weighted = 0, weights = 0;
    for (auto& [_, both] : classes) {
      both.in.draw(random);
      both.out.draw(random);
      const auto out = static_cast<double>(both.out.scores.size());
      const double weight = static_cast<double>(both.in.scores.size()) + out;
      found += static_cast<double>(detected(both.out, threshold_of(both.in)));
      n_out += out;
      weighted += weight * auroc_of(both);
      weights += weight;
    }
    tnr[i] = found / n_out;
    auroc[i] = weighted / weights;
  }
  return {percentile_interval(std::move(tnr), confidence), percentile_interval(std::move(auroc), confidence)};
}

}  // namespace deepmine
