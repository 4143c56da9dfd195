#pragma once

#include <cstdint>

#include "framework/core/matrix.h"
#include "framework/run/database.h"
#include "framework/run/rows.h"
#include "framework/run/run.h"

namespace deepmine {

/// Whether the network knows the images it is watched on: `accuracy` is the share of the `images` background and
/// evaluation images that it gives their class.
ShapeCheckRow accuracy_check(double accuracy, std::int64_t images);

/// Whether p-values of clean evaluation inputs are near uniform at every node, which is what makes a scan statistic
/// mean anything: the Kolmogorov-Smirnov distance of a node must stay under its 0.1 % point at 99 % of the nodes.
/// `numerators` [N x J] are theirs, over `denominator`, the background's inputs and one.
ShapeCheckRow clean_p_values_check(MatrixView<std::uint32_t> numerators, std::uint32_t denominator);

/// Writes what follows from a run's rows: precision, recall and detection power with their intervals, and
/// whether what holds in the paper's Table 1 holds in ours. Only what the run measured is checked. `seed` is
/// the run's.
void conclude_deep_mining(Run& run, Database& database, std::uint64_t seed);

}  // namespace deepmine
