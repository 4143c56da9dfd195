#include "framework/evaluate/pool_scans.h"

#include <chrono>

#include "framework/core/interrupt.h"
#include "framework/core/parallel_blocks.h"
#include "framework/core/shared_progress.h"

namespace deepmine {
namespace {

using Clock = std::chrono::steady_clock;

ScanRow row_of(const GroupScore& found, std::int64_t item) {
  ScanRow row;
  row.item = item;
  row.score = found.score;
  row.alpha = found.alpha;
  row.n_selected = static_cast<std::int64_t>(found.anomalous.size());
  row.n_nodes = static_cast<std::int64_t>(found.n_nodes);
  return row;
}

ScanRow scored(const TestSet& set, std::int64_t item, const ScoringPool& pool, Seed seed) {
  const auto started = Clock::now();
  const GroupScore found = pool.score(set.rows, seed);
  ScanRow row = row_of(found, item);
  row.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - started).count();
  for (std::uint32_t position : found.anomalous) row.n_selected_anomalous += set.anomalous[position];
  row.n_shared_sources = static_cast<std::int64_t>(set.shared_sources);
  if (found.best_start) row.best_start = static_cast<std::int64_t>(*found.best_start);
  row.half_steps = static_cast<std::int64_t>(found.half_steps);
  return row;
}

}  // namespace

std::vector<ScanRow> scan_sets(const ScoringPool& pool, const TestSetBuilder& builder,
                               const std::vector<PoolInput>& anomalous, const SetPlan& plan, Seed seed,
                               int threads, Progress& progress) {
  std::vector<ScanRow> rows(static_cast<std::size_t>(plan.replicates));
  SharedProgress shared(progress);
  parallel_blocks(rows.size(), 1, static_cast<std::size_t>(threads),
                  [&](std::size_t replicate, std::size_t) {
    throw_if_interrupted();
    const Seed draw = seed.child(replicate);
    const TestSet set = builder.draw(anomalous, static_cast<std::size_t>(plan.size),
                                     static_cast<std::size_t>(plan.n_anomalous), draw);
    rows[replicate] = scored(set, static_cast<std::int64_t>(replicate), pool, draw.child("starts"));
    shared.advance(1);
  });
  return rows;
}

std::vector<ScanRow> scan_each(const ScoringPool& pool, const std::vector<PoolInput>& inputs,
                               bool anomalous, int threads) {
  std::vector<ScanRow> rows(inputs.size());
  parallel_blocks(rows.size(), 64, static_cast<std::size_t>(threads),
                  [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      rows[i] = row_of(pool.score_alone(inputs[i].row), static_cast<std::int64_t>(i));
      if (anomalous) rows[i].n_selected_anomalous = rows[i].n_selected;
    }
  });
  return rows;
}

InputSetRow clean_inputs(const std::string& dataset, const std::vector<PoolInput>& inputs) {
  InputSetRow set{"clean", "clean", dataset};
  for (const PoolInput& input : inputs) set.inputs.push_back({static_cast<std::int64_t>(input.source)});
  return set;
}

InputSetRow attacked_inputs(const std::string& dataset, const std::string& attack,
                            const std::optional<std::string>& target, const std::optional<std::string>& kept,
                            const std::vector<PoolInput>& inputs) {
  InputSetRow set = clean_inputs(dataset, inputs);
  set.name = attack + " / " + (target ? *target : kept.value_or("all"));
  set.kind = "adversarial";
  set.attack = attack;
  set.target = target;
  set.kept = kept;
  for (InputRow& input : set.inputs) input.success = true;
  return set;
}

Write writing(std::vector<ScoredCell> cells) {
  return [cells = std::move(cells)](UnitWriter& writer) {
    for (const ScoredCell& scored : cells) {
      const auto cell = writer.cell(writer.input_set(scored.inputs), scored.cell);
      for (const ScanRow& row : scored.scans) writer.add(cell, row);
      writer.add_scores(cell, scored.scores);
    }
  };
}

ArtifactRow artifact_row(const std::filesystem::path& file, const std::string& sha256, const std::string& kind) {
  return {sha256, kind, static_cast<std::int64_t>(std::filesystem::file_size(file)), file.filename().string()};
}

}  // namespace deepmine
