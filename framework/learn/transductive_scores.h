#pragma once

#include <vector>

#include "framework/learn/detection_metrics.h"

namespace deepmine {

/// Scores of in-distribution and anomalous inputs, in the order they came in.
struct MixedScores {
  std::vector<double> in_distribution, anomalous;
};

/// Scores brought to [0, 1] by the range of all that share their predicted class, in-distribution and anomalous ones
/// together; 1 where all are equal. Higher remains more anomalous. The result does not change when the scores of a
/// class are multiplied and shifted before, so parts that were normalised by training inputs serve like others. Throws
/// `Error` for scores that are NaN or infinite, and where scores and classes are not equally many.
/// Source: uniform-svdd, code of its tables: each score is normalised by the very inputs it is judged against, which no
/// detector in use could know. differs from it in: nothing.
MixedScores transductive_scores(const ClassedScores& in_distribution, const ClassedScores& anomalous);

}  // namespace deepmine
