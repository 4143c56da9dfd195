#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "framework/scan/p_value_matrix.h"
#include "framework/scan/scan_statistic.h"

namespace deepmine {

/// The highest score of one input scanned alone.
struct IndividualScore {
  double score = 0;
  std::optional<double> alpha;  ///< none where no p-value is at most alpha_max
  std::uint64_t nodes = 0;      ///< the subset is all nodes with p <= alpha; this many
};

/// Scans every input of `p_values` alone. Exact without any ascent: at a given alpha the best
/// subset is all nodes with p <= alpha, for Berk-Jones k ln(1/alpha) with k of them. Equal scores
/// go to the smaller alpha. About 1507 for 4096 evenly spread p-values (nodes / e, at alpha = 1/e).
/// Source: autoencoder-scan, the individual scan; differs from it in: nothing.
std::vector<IndividualScore> individual_scan(const PValueMatrix& p_values, ScanStatistic statistic);

}  // namespace deepmine
