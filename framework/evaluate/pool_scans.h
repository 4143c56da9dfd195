#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
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

/// Scores each input by itself; the rows' items are their places.
std::vector<ScanRow> scan_each(const ScoringPool& pool, const std::vector<PoolInput>& inputs,
                               bool anomalous, int threads);

/// The set of inputs that are clean images of a dataset.
InputSetRow clean_inputs(const std::string& dataset, const std::vector<PoolInput>& inputs);

/// The set of inputs that an attack (canonical spec) made, towards a `target` or of which some were `kept`; it
/// succeeded on all.
InputSetRow attacked_inputs(const std::string& dataset, const std::string& attack,
                            const std::optional<std::string>& target, const std::optional<std::string>& kept,
                            const std::vector<PoolInput>& inputs);

/// A cell of a run with its scores: those of scans, or of a detector that has no more to say.
struct ScoredCell {
  InputSetRow inputs;
  ScoreCell cell;
  std::vector<ScanRow> scans = {};
  std::vector<double> scores = {};
};

/// Puts the cells down, one after the other.
Write writing(std::vector<ScoredCell> cells);

/// Lists a kept file of a `kind` ("adversarial images") among the run's artifacts.
ArtifactRow artifact_row(const std::filesystem::path& file, const std::string& sha256, const std::string& kind);

}  // namespace deepmine
