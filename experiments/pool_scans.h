#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/progress.h"
#include "framework/core/seed.h"
#include "framework/data/test_set.h"
#include "framework/detect/detector.h"
#include "framework/run/rows.h"

namespace deepmine {

/// How many test sets are drawn, and of what.
struct SetPlan {
  std::int64_t size = 0;      ///< inputs in a set
  std::int64_t n_noised = 0;  ///< of these, noised
  std::int64_t replicates = 0;
};

/// Scores test sets drawn by `builder`, in parallel; the rows' items count them. Every set has a seed of
/// its own, so the rows depend on `seed` alone. Throws `Interrupted` between two sets.
std::vector<ScanRow> scan_sets(const ScoringPool& pool, const TestSetBuilder& builder,
                               const std::vector<PoolInput>& noised, const SetPlan& plan, Seed seed,
                               int threads, Progress& progress);

/// Scores each input by itself; the rows' items are the images they come from.
std::vector<ScanRow> scan_each(const ScoringPool& pool, const std::vector<PoolInput>& inputs,
                               bool noised, int threads);

}  // namespace deepmine
