#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "framework/core/progress.h"
#include "framework/core/seed.h"
#include "framework/data/test_set.h"
#include "framework/detect/group_detector.h"
#include "framework/run/measurement.h"
#include "framework/run/rows.h"

namespace deepmine {

/// How many test sets are drawn, and of what.
struct SetPlan {
  std::int64_t size = 0;      ///< inputs in a set
  std::int64_t n_anomalous = 0;  ///< of these, anomalous
  std::int64_t replicates = 0;
};

/// Scores test sets drawn by `builder`, in parallel; the rows' items count them. Every set has a seed of
/// its own, so the rows depend on `seed` alone. Throws `Interrupted` between two sets.
std::vector<ScanRow> scan_sets(const ScoringPool& pool, const TestSetBuilder& builder,
                               const std::vector<PoolInput>& anomalous, const SetPlan& plan, Seed seed,
                               int threads, Progress& progress);

/// Scores each input by itself; the rows' items are the images they come from.
std::vector<ScanRow> scan_each(const ScoringPool& pool, const std::vector<PoolInput>& inputs,
                               bool anomalous, int threads);

/// A cell of a run with its rows.
struct ScannedCell {
  ScanCell cell;
  std::vector<ScanRow> rows;
};

/// Puts the cells down, one after the other.
Write writing(std::vector<ScannedCell> cells);

/// Lists a kept file of a `kind` ("adversarial images") among the run's artifacts.
ArtifactRow artifact_row(const std::filesystem::path& file, const std::string& sha256, const std::string& kind);

}  // namespace deepmine
