#include "experiments/deep_mining_measurement.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/deep_mining_checks.h"
#include "experiments/deep_mining_inputs.h"
#include "framework/core/error.h"
#include "framework/evaluate/attack_rows.h"
#include "framework/evaluate/model_rows.h"
#include "framework/evaluate/node_p_values.h"
#include "framework/evaluate/pool_scans.h"
#include "framework/learn/resampling.h"
#include "framework/learn/roc.h"

namespace deepmine {
namespace {

constexpr const char* kCleanSets = "clean sets";

class DeepMiningMeasurement : public Measurement {
 public:
  DeepMiningMeasurement(const DeepMiningOptions& options, Workplace& place)
      : options_(options), place_(place), seed_(Seed(place.seed).child("deep-mining")), inputs_(options, place) {}

  RunKey key() const override { return inputs_.key(); }
  std::vector<Unit> units() override;
  void write_inputs(UnitWriter& writer) const override;
  MemoryNeed memory() const override {
    return {inputs_.memory(),
            "give it fewer --threads, lower background or evaluation, or give it a machine or job with more"};
  }

 private:
  Write accuracy();
  Write attack(std::int64_t target);
  Write clean_p_values();
  Write kept_node_p_values();
  Write clean_sets();
  Write anomalous_sets(std::size_t pool, double fraction, const std::string& unit);
  Write clean_alone();
  Write anomalous_alone(std::size_t pool);
  Write resample(std::int64_t number);
  std::vector<std::uint32_t> drawn_times(Seed seed);
  std::vector<ScanRow> scan(const std::vector<PoolInput>& clean, const std::vector<PoolInput>& anomalous,
                            std::int64_t n_anomalous, Seed seed);
  InputSetRow inputs_of(const AnomalousPool& pool) const;
  InputSetRow clean() const { return clean_inputs(inputs_.data().name, inputs_.clean_pool()); }
  ScoreCell cell() const;
  ScoreCell sets_cell(double fraction) const;

  DeepMiningOptions options_;
  Workplace& place_;
  Seed seed_;
  DeepMiningInputs inputs_;
};

std::string sets_unit(const std::string& pool, double fraction) {
  return fmt::format("sets / {} / {:g} %", pool, 100 * fraction);
}

/// Attacks come early: where many processes measure the run, each makes its own before it needs those of others.
std::vector<Unit> DeepMiningMeasurement::units() {
  std::vector<Unit> units{{"accuracy", [this] { return accuracy(); }}};
  std::vector<std::string> pools;
  for (const std::int64_t target : options_.target_list()) {
    pools.push_back(std::to_string(target));
    units.push_back({"attack / " + pools.back(), [this, target] { return attack(target); }});
  }
  units.push_back({"clean p-values", [this] { return clean_p_values(); }});
  units.push_back({"node p-values", [this] { return kept_node_p_values(); }});
  units.push_back({kCleanSets, [this] { return clean_sets(); }});
  units.push_back({"alone / clean", [this] { return clean_alone(); }});
  for (std::size_t i = 0; i < pools.size(); ++i) {
    units.push_back({"alone / " + pools[i], [this, i] { return anomalous_alone(i); }});
  }
  if (options_.all_targets) pools.emplace_back("All");
  for (std::size_t i = 0; i < pools.size(); ++i) {
    for (const double fraction : options_.fractions()) {
      const std::string name = sets_unit(pools[i], fraction);
      units.push_back({name, [this, i, fraction, name] { return anomalous_sets(i, fraction, name); }});
    }
  }
  for (std::int64_t i = 0; i < options_.image_resamples; ++i) {
    units.push_back({fmt::format("images drawn again {}", i), [this, i] { return resample(i); }});
  }
  return units;
}

void DeepMiningMeasurement::write_inputs(UnitWriter& writer) const {
  writer.add(dataset_row(inputs_.data()));
  writer.add(model_row(inputs_.classifier()));
  inputs_.doubts().write(writer);
}

Write DeepMiningMeasurement::accuracy() {
  const Doubts doubts = inputs_.detector_doubts();
  const ShapeCheckRow check = accuracy_check(inputs_.accuracy(), options_.background + options_.evaluation);
  return [check, doubts](UnitWriter& writer) {
    writer.add(check);
    doubts.write(writer);
  };
}

Write DeepMiningMeasurement::attack(std::int64_t target) {
  const AdversarialSet& set = inputs_.adversarial(target);
  const ArtifactRow file = artifact_row(set.file, set.sha256, "adversarial images");
  const AttackSetRow row =
      attack_set_row(inputs_.classifier(), inputs_.data(), inputs_.attack(), std::to_string(target), set);
  return [file, row](UnitWriter& writer) {
    writer.add(file);
    writer.add(row);
  };
}

Write DeepMiningMeasurement::clean_p_values() {
  const NodeRanks& ranks = inputs_.ranks();
  const ShapeCheckRow check = clean_p_values_check(ranks.rows(0, inputs_.clean_pool().size()), ranks.denominator);
  return [check](UnitWriter& writer) { writer.add(check); };
}

Write DeepMiningMeasurement::kept_node_p_values() {
  const NodeRanks& ranks = inputs_.ranks();
  const std::size_t clean = inputs_.clean_pool().size();
  return node_p_values(node_p_value_file(place_.artifacts, key().uid()), ranks.rows(0, clean),
                       ranks.rows(clean, ranks.inputs - clean), ranks.denominator);
}

InputSetRow DeepMiningMeasurement::inputs_of(const AnomalousPool& pool) const {
  return attacked_inputs(inputs_.data().name, inputs_.attack(), pool.target, std::nullopt, pool.inputs);
}

ScoreCell DeepMiningMeasurement::cell() const {
  return {Registry<Detector>::instance().canonical(Spec::parse(options_.detector)), options_.layer_name()};
}

/// Of test sets of which a fraction, none for 0, is anomalous.
ScoreCell DeepMiningMeasurement::sets_cell(double fraction) const {
  ScoreCell sets = cell();
  sets.kind = fraction > 0 ? "mixed" : "null";
  sets.anomalous_fraction = fraction;
  sets.n_inputs = options_.size;
  sets.n_anomalous = fraction > 0 ? options_.n_anomalous(fraction) : 0;
  return sets;
}

std::vector<ScanRow> DeepMiningMeasurement::scan(const std::vector<PoolInput>& clean,
                                                 const std::vector<PoolInput>& anomalous, std::int64_t n_anomalous,
                                                 Seed seed) {
  const TestSetBuilder builder(clean, options_.disjoint_sources);
  const SetPlan plan{options_.size, n_anomalous, options_.replicates};
  return scan_sets(inputs_.pool(), builder, anomalous, plan, seed, place_.threads, place_.progress);
}

Write DeepMiningMeasurement::clean_sets() {
  inputs_.pool();
  place_.progress.begin("scan clean sets", static_cast<std::size_t>(options_.replicates));
  ScoredCell sets{clean(), sets_cell(0), scan(inputs_.clean_pool(), {}, 0, seed_.child(kCleanSets))};
  place_.progress.end();
  return writing({std::move(sets)});
}

Write DeepMiningMeasurement::anomalous_sets(std::size_t pool, double fraction, const std::string& unit) {
  const AnomalousPool& anomalous = inputs_.anomalous_pools()[pool];
  inputs_.pool();
  place_.progress.begin("scan " + unit, static_cast<std::size_t>(options_.replicates));
  ScoredCell sets{inputs_of(anomalous), sets_cell(fraction),
                  scan(inputs_.clean_pool(), anomalous.inputs, options_.n_anomalous(fraction), seed_.child(unit))};
  place_.progress.end();
  return writing({std::move(sets)});
}

Write DeepMiningMeasurement::clean_alone() {
  return writing({{clean(), cell(), scan_each(inputs_.pool(), inputs_.clean_pool(), false, place_.threads)}});
}

Write DeepMiningMeasurement::anomalous_alone(std::size_t pool) {
  const AnomalousPool& anomalous = inputs_.anomalous_pools()[pool];
  return writing({{inputs_of(anomalous), cell(), scan_each(inputs_.pool(), anomalous.inputs, true, place_.threads)}});
}

/// How often each image is drawn, so that every target is left as many anomalous inputs as a test set needs.
std::vector<std::uint32_t> DeepMiningMeasurement::drawn_times(Seed seed) {
  constexpr std::uint64_t kTries = 100;
  const auto first = static_cast<std::size_t>(options_.background);
  const auto needed = static_cast<std::size_t>(options_.n_anomalous(options_.fractions().back()));
  const auto& pools = inputs_.anomalous_pools();
  for (std::uint64_t i = 0; i < kTries; ++i) {
    auto times = drawn_again(inputs_.clean_pool().size(), seed.child(i));
    const bool enough = std::all_of(pools.begin(), pools.end(), [&](const AnomalousPool& anomalous) {
      return repeated(anomalous.inputs, times, first).size() >= needed;
    });
    if (enough) return times;
  }
  fail(
      "image-resamples: expected draws that leave {} anomalous images of every target, found none in {}; lower "
      "anomalous-percent",
      needed, kTries);
}

/// Test sets share images, so what they say varies less than what other images would: all sets are drawn anew from
/// images drawn with replacement.
Write DeepMiningMeasurement::resample(std::int64_t number) {
  const Seed seed = seed_.child("images drawn again").child(static_cast<std::uint64_t>(number));
  const auto times = drawn_times(seed.child("images"));
  const auto first = static_cast<std::size_t>(options_.background);
  const auto clean = repeated(inputs_.clean_pool(), times, first);
  inputs_.pool();
  const std::size_t sets = 1 + inputs_.anomalous_pools().size() * options_.fractions().size();
  place_.progress.begin(fmt::format("images drawn again, {} of {}", number + 1, options_.image_resamples),
                        sets * static_cast<std::size_t>(options_.replicates));
  const auto scores = [&](const std::vector<PoolInput>& anomalous, std::int64_t n_anomalous, const std::string& name) {
    std::vector<double> result;
    for (const ScanRow& row : scan(clean, anomalous, n_anomalous, seed.child(name))) result.push_back(row.score);
    return result;
  };
  const std::vector<double> clean_scores = scores({}, 0, kCleanSets);
  struct Row {
    InputSetRow inputs;
    ScoreCell cell;
    DetectionRow power;
  };
  std::vector<Row> rows;
  for (const AnomalousPool& anomalous : inputs_.anomalous_pools()) {
    const auto inputs = repeated(anomalous.inputs, times, first);
    for (const double fraction : options_.fractions()) {
      const std::string name = fmt::format("{} / {:g} %", anomalous.target, 100 * fraction);
      DetectionRow power{fmt::format("auroc, images drawn again {}", number)};
      power.value = auroc(scores(inputs, options_.n_anomalous(fraction), name), clean_scores);
      power.n = options_.replicates;
      rows.push_back({inputs_of(anomalous), sets_cell(fraction), power});
    }
  }
  place_.progress.end();
  return [rows](UnitWriter& writer) {
    for (const Row& row : rows) writer.add(writer.cell(writer.input_set(row.inputs), row.cell), row.power);
  };
}

}  // namespace

std::unique_ptr<Measurement> deep_mining_measurement(const DeepMiningOptions& options, Workplace& place) {
  return std::make_unique<DeepMiningMeasurement>(options, place);
}

}  // namespace deepmine
