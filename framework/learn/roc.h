#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// The area under the ROC curve, our detection power: the probability that a score of `positives`
/// exceeds one of `negatives`, ties counting half. 0.5 is chance. Throws `Error` when either is
/// empty or holds NaN.
/// Source: deep-mining, detection power; differs from it in: nothing.
double auroc(const std::vector<double>& positives, const std::vector<double>& negatives);

struct Interval {
  double low = 0;
  double high = 0;
};

/// Between the quantiles of `drawn`, values of a statistic drawn again and again, that `confidence`, in (0, 1), lies
/// between; linear between neighbours. Throws `Error` for no values and another confidence.
Interval percentile_interval(std::vector<double> drawn, double confidence);

/// The percentile bootstrap interval of `auroc`: both groups are drawn again with replacement
/// `resamples` times. `confidence` lies in (0, 1). Throws `Error` like `auroc`, and for no
/// resamples.
Interval auroc_interval(const std::vector<double>& positives, const std::vector<double>& negatives,
                        double confidence, std::size_t resamples, Seed seed);

/// The percentile bootstrap interval of the mean of `values`, drawn again with replacement. Throws `Error` for no
/// values and like `auroc_interval`.
Interval mean_interval(const std::vector<double>& values, double confidence, std::size_t resamples, Seed seed);

/// How well the returned inputs match the anomalous ones.
struct Retrieval {
  std::optional<double> precision;  ///< anomalous share of the returned inputs; none if none returned
  std::optional<double> recall;     ///< returned share of the anomalous inputs; none if none is anomalous
};

/// `selected` holds different inputs below `anomalous.size()`; `anomalous[i]` is not 0 for an anomalous
/// input. Throws `Error` for an input beyond the truth. Source: deep-mining, precision and recall;
/// differs from it in: nothing.
Retrieval retrieval(const std::vector<std::uint32_t>& selected,
                    const std::vector<std::uint8_t>& anomalous);

}  // namespace deepmine
