#include "framework/learn/detection_metrics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "framework/core/error.h"
#include "framework/learn/roc.h"

namespace deepmine {
namespace {

using Scores = std::vector<double>;

void ensure_scores(const Scores& scores, const char* name) {
  ensure(!scores.empty(), "detection: expected at least one score of {} inputs, found none", name);
  const auto nan = std::find_if(scores.begin(), scores.end(), [](double score) { return std::isnan(score); });
  ensure(nan == scores.end(), "detection: expected numbers as scores of {} inputs, found NaN for input {}", name,
         nan - scores.begin());
}

std::size_t count_up_to(const Scores& scores, double threshold) {
  return static_cast<std::size_t>(
      std::count_if(scores.begin(), scores.end(), [&](double score) { return score <= threshold; }));
}

struct Labelled {
  double score;
  bool positive;
};

/// By descending score.
std::vector<Labelled> ranked(const Scores& positives, const Scores& negatives) {
  std::vector<Labelled> all;
  all.reserve(positives.size() + negatives.size());
  for (const double score : positives) all.push_back({score, true});
  for (const double score : negatives) all.push_back({score, false});
  std::sort(all.begin(), all.end(), [](const Labelled& a, const Labelled& b) { return a.score > b.score; });
  return all;
}

/// Calls `see(positives, negatives)` with how many of each lie at or above a score, for each score from the highest on.
template <typename See>
void walk_down(const std::vector<Labelled>& ranked, See see) {
  std::size_t positives = 0, negatives = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    ++(ranked[i].positive ? positives : negatives);
    if (i + 1 == ranked.size() || ranked[i + 1].score != ranked[i].score) see(positives, negatives);
  }
}

double average_precision(const std::vector<Labelled>& ranked, std::size_t n_positives) {
  double sum = 0;
  std::size_t before = 0;
  walk_down(ranked, [&](std::size_t positives, std::size_t negatives) {
    const double precision = static_cast<double>(positives) / static_cast<double>(positives + negatives);
    sum += precision * static_cast<double>(positives - before);
    before = positives;
  });
  return sum / static_cast<double>(n_positives);
}

/// Anomalous inputs being the positives of `ranked`; a threshold above all scores has accuracy 1/2.
double best_accuracy(const std::vector<Labelled>& ranked, std::size_t n_in, std::size_t n_anomalous) {
  double best = 0.5;
  walk_down(ranked, [&](std::size_t detected, std::size_t rejected) {
    const double tnr = static_cast<double>(detected) / static_cast<double>(n_anomalous);
    best = std::max(best, (tnr + static_cast<double>(n_in - rejected) / static_cast<double>(n_in)) / 2);
  });
  return best;
}

void exchange_roles(std::vector<Labelled>& ranked) {
  std::reverse(ranked.begin(), ranked.end());
  for (Labelled& input : ranked) input.positive = !input.positive;
}

std::map<std::int64_t, Scores> by_class(const ClassedScores& inputs, const char* name) {
  ensure(inputs.scores.size() == inputs.classes.size(),
         "detection: expected one class for each score of {} inputs, found {} scores and {} classes", name,
         inputs.scores.size(), inputs.classes.size());
  std::map<std::int64_t, Scores> scores;
  for (std::size_t i = 0; i < inputs.scores.size(); ++i) scores[inputs.classes[i]].push_back(inputs.scores[i]);
  return scores;
}

/// What is summed over the classes.
void summarize(ClasswiseMetrics& metrics) {
  std::size_t n_in = 0, n_anomalous = 0, accepted = 0, detected = 0;
  double area = 0;
  for (const auto& [_, one] : metrics.classes) {
    n_in += one.n_in, n_anomalous += one.n_anomalous;
    accepted += one.accepted, detected += one.detected;
    area += one.auroc * static_cast<double>(one.n_in + one.n_anomalous);
  }
  ensure(n_in > 0, "detection: expected a predicted class with in-distribution and anomalous inputs, found none");
  metrics.tpr = static_cast<double>(accepted) / static_cast<double>(n_in);
  metrics.tnr = static_cast<double>(detected) / static_cast<double>(n_anomalous);
  metrics.auroc = area / static_cast<double>(n_in + n_anomalous);
}

/// `measure(class, in-distribution scores, anomalous scores)` gives the metrics of a class.
template <typename Measure>
ClasswiseMetrics measured_by_class(const ClassedScores& in_distribution, const ClassedScores& anomalous,
                                   Measure measure) {
  const auto in = by_class(in_distribution, "in-distribution");
  ClasswiseMetrics metrics;
  for (const auto& [kind, scores] : by_class(anomalous, "anomalous")) {
    const auto own = in.find(kind);
    if (own == in.end()) {
      ensure_scores(scores, "anomalous");
      metrics.unjudged += scores.size();
    } else {
      metrics.classes[kind] = measure(kind, own->second, scores);
    }
  }
  summarize(metrics);
  return metrics;
}

}  // namespace

double detection_threshold(const Scores& in_distribution, double share) {
  ensure_scores(in_distribution, "in-distribution");
  ensure(share > 0 && share <= 1, "share of accepted inputs: expected a number in (0, 1], found {}", share);
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(in_distribution.size()));
  Scores scores = in_distribution;
  const auto place = scores.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(scores.begin(), place, scores.end());
  return *place;
}

DetectionMetrics detection_metrics(const Scores& in_distribution, const Scores& anomalous) {
  return detection_metrics(in_distribution, anomalous, detection_threshold(in_distribution));
}

DetectionMetrics detection_metrics(const Scores& in_distribution, const Scores& anomalous, double threshold) {
  ensure_scores(in_distribution, "in-distribution");
  ensure_scores(anomalous, "anomalous");
  ensure(!std::isnan(threshold), "threshold: expected a number, found NaN");
  DetectionMetrics metrics;
  metrics.n_in = in_distribution.size();
  metrics.n_anomalous = anomalous.size();
  metrics.threshold = threshold;
  metrics.accepted = count_up_to(in_distribution, threshold);
  metrics.detected = anomalous.size() - count_up_to(anomalous, threshold);
  metrics.auroc = auroc(anomalous, in_distribution);
  std::vector<Labelled> inputs = ranked(anomalous, in_distribution);
  metrics.best_accuracy = best_accuracy(inputs, metrics.n_in, metrics.n_anomalous);
  metrics.aupr_out = average_precision(inputs, metrics.n_anomalous);
  exchange_roles(inputs);
  metrics.aupr_in = average_precision(inputs, metrics.n_in);
  return metrics;
}

double average_precision(const Scores& positives, const Scores& negatives) {
  ensure_scores(positives, "positive");
  ensure_scores(negatives, "negative");
  return average_precision(ranked(positives, negatives), positives.size());
}

ClassThresholds class_thresholds(const ClassedScores& in_distribution, double share) {
  ClassThresholds thresholds;
  for (const auto& [kind, scores] : by_class(in_distribution, "in-distribution")) {
    thresholds[kind] = detection_threshold(scores, share);
  }
  return thresholds;
}

ClasswiseMetrics classwise_metrics(const ClassedScores& in_distribution, const ClassedScores& anomalous) {
  return measured_by_class(in_distribution, anomalous, [](std::int64_t, const Scores& in, const Scores& out) {
    return detection_metrics(in, out);
  });
}

ClasswiseMetrics classwise_metrics(const ClassedScores& in_distribution, const ClassedScores& anomalous,
                                   const ClassThresholds& thresholds) {
  return measured_by_class(in_distribution, anomalous, [&](std::int64_t kind, const Scores& in, const Scores& out) {
    const auto threshold = thresholds.find(kind);
    ensure(threshold != thresholds.end(), "thresholds: expected one for each predicted class, found none for class {}",
           kind);
    return detection_metrics(in, out, threshold->second);
  });
}

}  // namespace deepmine
