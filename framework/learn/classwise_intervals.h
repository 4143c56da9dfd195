#pragma once

#include <cstddef>

#include "framework/core/seed.h"
#include "framework/learn/detection_metrics.h"
#include "framework/learn/roc.h"

namespace deepmine {

/// How sure `classwise_metrics` are of what they say.
struct ClasswiseIntervals {
  Interval tnr, auroc;
};

/// Percentile bootstrap intervals of `classwise_metrics(in_distribution, anomalous)`: the inputs of each kind and class
/// are drawn again with replacement `resamples` times, as many as there are, and each time the class's threshold is
/// taken anew. Classes without inputs of both kinds are left out. O(n) per resample after sorting. Throws `Error` like
/// `classwise_metrics` and `auroc_interval`.
ClasswiseIntervals classwise_intervals(const ClassedScores& in_distribution, const ClassedScores& anomalous,
                                       double confidence, std::size_t resamples, Seed seed);

}  // namespace deepmine
