#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace deepmine {

// Scores here are those of detectors: the higher, the more anomalous. In-distribution inputs are the positives of TPR,
// as the papers on detection have it. Infinite scores are compared like others; NaN is refused.

/// The share of in-distribution inputs that a threshold accepts, unless one asks for another.
constexpr double kAcceptedShare = 0.95;

/// The highest score that is still accepted, so that about `share` of the in-distribution inputs are: the
/// max(1, floor(share n))-th lowest of the n scores. `share` lies in (0, 1]. Throws `Error` for no scores and NaN.
/// Source: uniform-svdd, code of its tables ("TPR 95 %"); differs from it in: one score is its own threshold, where the
/// code takes the last of an empty list.
double detection_threshold(const std::vector<double>& in_distribution, double share = kAcceptedShare);

/// How well one threshold, and all of them, tell in-distribution from anomalous inputs.
struct DetectionMetrics {
  std::size_t n_in = 0, n_anomalous = 0;  ///< inputs
  double threshold = 0;                   ///< the highest score that is accepted
  std::size_t accepted = 0;               ///< in-distribution inputs that are
  std::size_t detected = 0;               ///< anomalous inputs that are not
  double auroc = 0;                       ///< see framework/learn/roc.h
  double best_accuracy = 0;               ///< the largest (TPR + TNR) / 2 of any threshold
  double aupr_in = 0, aupr_out = 0;       ///< `average_precision` of finding in-distribution, and anomalous, inputs

  double tpr() const { return static_cast<double>(accepted) / static_cast<double>(n_in); }
  double tnr() const { return static_cast<double>(detected) / static_cast<double>(n_anomalous); }
  double fpr() const { return static_cast<double>(n_anomalous - detected) / static_cast<double>(n_anomalous); }
  double accuracy() const { return (tpr() + tnr()) / 2; }
  double error() const { return (1 - tpr() + fpr()) / 2; }
};

/// The metrics at `detection_threshold(in_distribution)`: `tnr()` is TNR at 95 % TPR, `fpr()` FPR95. O(n log n).
/// Throws `Error` when either is empty or holds NaN.
/// Source: Liang, Li, Srikant 2018 (ODIN), evaluation metrics; differs from it in: areas are exact, not sums over a
/// grid of thresholds, and TPR is the least that reaches the threshold's rank, not a mean around 95 %.
DetectionMetrics detection_metrics(const std::vector<double>& in_distribution, const std::vector<double>& anomalous);

/// The same at a threshold chosen elsewhere, on held-out inputs say. Throws `Error` also for a threshold that is NaN.
DetectionMetrics detection_metrics(const std::vector<double>& in_distribution, const std::vector<double>& anomalous,
                                   double threshold);

/// The area under the precision-recall curve, positives having the higher scores: the mean precision at the scores of
/// the positives, equal scores taken together. Throws `Error` like `auroc`.
/// Source: Davis and Goadrich 2006: precision is not linear between points, so nothing is interpolated.
double average_precision(const std::vector<double>& positives, const std::vector<double>& negatives);

/// Scores of inputs, each with the class that the network predicts for it.
struct ClassedScores {
  std::vector<double> scores;
  std::vector<std::int64_t> classes;
};

using ClassThresholds = std::map<std::int64_t, double>;

/// `detection_threshold` of each predicted class that has an input. Throws `Error` like it, and where scores and
/// classes are not equally many.
ClassThresholds class_thresholds(const ClassedScores& in_distribution, double share = kAcceptedShare);

/// What remains when every predicted class has a threshold of its own.
struct ClasswiseMetrics {
  std::map<std::int64_t, DetectionMetrics> classes;  ///< those with inputs of both kinds
  std::size_t unjudged = 0;  ///< anomalous inputs of classes that no in-distribution input has; no metric counts them
  double tpr = 0, tnr = 0;   ///< of all inputs of these classes together
  double auroc = 0;          ///< mean over these classes, weighted by their inputs of both kinds

  double fpr() const { return 1 - tnr; }
  double accuracy() const { return (tpr + tnr) / 2; }
};

/// Metrics with one threshold for each predicted class, from its own in-distribution inputs or, where `thresholds`
/// are given, from those. Classes without anomalous inputs are left out of every metric. Throws `Error` like
/// `detection_metrics`, where scores and classes are not equally many, where no class has inputs of both kinds, and
/// for a class without threshold.
/// Source: uniform-svdd, code of its tables; differs from it in: a class with anomalous inputs only is left out and
/// counted, where the code fails.
ClasswiseMetrics classwise_metrics(const ClassedScores& in_distribution, const ClassedScores& anomalous);
ClasswiseMetrics classwise_metrics(const ClassedScores& in_distribution, const ClassedScores& anomalous,
                                   const ClassThresholds& thresholds);

}  // namespace deepmine
