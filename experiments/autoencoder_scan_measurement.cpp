#include "experiments/autoencoder_scan_measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "experiments/autoencoder_scan_inputs.h"
#include "framework/core/file.h"
#include "framework/evaluate/lists.h"
#include "framework/evaluate/model_rows.h"
#include "framework/evaluate/node_p_values.h"
#include "framework/evaluate/pool_scans.h"

namespace deepmine {
namespace {

class AutoencoderScanMeasurement : public Measurement {
 public:
  AutoencoderScanMeasurement(const AutoencoderScanOptions& options, Workplace& place)
      : options_(options), place_(place), seed_(Seed(place.seed).child("autoencoder-scan")), inputs_(options, place) {}

  RunKey key() const override { return inputs_.key(); }
  std::vector<Unit> units() override;
  void write_inputs(UnitWriter& writer) const override;
  MemoryNeed memory() const override {
    return {inputs_.memory(),
            "give it fewer --threads, lower background, clean or attacked, or give it a machine or job with more"};
  }

 private:
  Write attack(const std::string& spec);
  Write errors();
  Write examples();
  Write kept_node_p_values();
  Write alone(const std::string& layer);
  Write sets(const std::string& layer);
  std::optional<std::int64_t> set_size(const AnomalousImages& anomalous) const;
  ScoredCell scanned_sets(const ScannedLayer& layer, const AnomalousImages* anomalous, std::int64_t size, double share);
  InputSetRow clean() const { return clean_inputs(inputs_.data().name, inputs_.clean()); }
  ScoreCell alone_cell(const std::string& layer) const {
    return {Registry<Detector>::instance().canonical(Spec::parse(options_.detector)), layer};
  }

  AutoencoderScanOptions options_;
  Workplace& place_;
  Seed seed_;
  AutoencoderScanInputs inputs_;
};

std::vector<Unit> AutoencoderScanMeasurement::units() {
  std::vector<Unit> units;
  for (const std::string& spec : options_.attack_list()) {
    units.push_back({"attack / " + spec, [this, spec] { return attack(spec); }});
  }
  for (const std::string& layer : inputs_.layers()) {
    if (layer == Autoencoder::kError) {
      units.push_back({"errors", [this] { return errors(); }});
      units.push_back({"examples", [this] { return examples(); }});
      units.push_back({"node p-values", [this] { return kept_node_p_values(); }});
    }
    units.push_back({"alone / " + layer, [this, layer] { return alone(layer); }});
    units.push_back({"sets / " + layer, [this, layer] { return sets(layer); }});
  }
  return units;
}

void AutoencoderScanMeasurement::write_inputs(UnitWriter& writer) const {
  writer.add(dataset_row(inputs_.data()));
  writer.add(model_row(inputs_.autoencoder()));
  writer.add(model_row(inputs_.classifier()));
  inputs_.doubts().write(writer);
}

Write AutoencoderScanMeasurement::attack(const std::string& spec) {
  const FoolingImages& found = inputs_.fooling(spec);
  return [file = found.file, rows = found.attack_sets](UnitWriter& writer) {
    writer.add(file);
    for (const AttackSetRow& row : rows) writer.add(row);
  };
}

Write AutoencoderScanMeasurement::errors() {
  const ScannedLayer& layer = inputs_.layer(Autoencoder::kError);
  return writing(error_baselines(layer.activations(), inputs_.data().name, inputs_.clean(), inputs_.anomalous()));
}

/// Some anomalous images with their errors and the pixels that the scan finds, for a figure.
Write AutoencoderScanMeasurement::examples() {
  constexpr std::size_t kExamples = 6;
  const ScannedLayer& layer = inputs_.layer(Autoencoder::kError);
  const std::vector<PoolInput>& inputs = inputs_.anomalous().back().inputs;
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < std::min(kExamples, inputs.size()); ++i) {
    rows.push_back(static_cast<std::int64_t>(inputs[i].row));
  }
  const auto file = example_file(place_.artifacts, key().uid());
  write_examples(file, inputs_.evaluation_images(), layer.activations(), layer.ranks, rows);
  const ArtifactRow row = artifact_row(file, sha256_of_file(file), "reconstruction errors");
  return [row](UnitWriter& writer) { writer.add(row); };
}

Write AutoencoderScanMeasurement::kept_node_p_values() {
  const ScannedLayer& layer = inputs_.layer(Autoencoder::kError);
  const AnomalousImages& anomalous = inputs_.anomalous().front();
  return node_p_values(node_p_value_file(place_.artifacts, key().uid()), layer.ranks.rows(0, inputs_.clean().size()),
                       layer.ranks.rows(anomalous.inputs.front().row, anomalous.inputs.size()),
                       layer.ranks.denominator);
}

Write AutoencoderScanMeasurement::alone(const std::string& name) {
  const ScoringPool& pool = *inputs_.layer(name).pool;
  std::vector<ScoredCell> cells{{clean(), alone_cell(name), scan_each(pool, inputs_.clean(), false, place_.threads)}};
  for (const AnomalousImages& anomalous : inputs_.anomalous()) {
    cells.push_back({anomalous.row(inputs_.data().name), alone_cell(name),
                     scan_each(pool, anomalous.inputs, true, place_.threads)});
  }
  return writing(std::move(cells));
}

/// 500 inputs where the largest share of them can be anomalous, else 200, else none.
std::optional<std::int64_t> AutoencoderScanMeasurement::set_size(const AnomalousImages& anomalous) const {
  for (const std::int64_t size : {options_.size, std::min<std::int64_t>(options_.size, 200)}) {
    const std::int64_t needed = n_anomalous(options_.fractions().back(), size);
    if (static_cast<std::int64_t>(anomalous.inputs.size()) >= needed) return size;
  }
  return std::nullopt;
}

/// Sets of clean images alone where no anomalous ones are given.
ScoredCell AutoencoderScanMeasurement::scanned_sets(const ScannedLayer& layer, const AnomalousImages* anomalous,
                                                    std::int64_t size, double share) {
  ScoreCell cell = alone_cell(layer.name);
  cell.kind = anomalous != nullptr ? "mixed" : "null";
  cell.anomalous_fraction = share;
  cell.n_inputs = size;
  const std::int64_t n_changed = anomalous != nullptr ? n_anomalous(share, size) : 0;
  cell.n_anomalous = n_changed;
  std::string draws = fmt::format("{} clean", size);
  if (anomalous != nullptr) draws = fmt::format("{} {} {:g} %", size, anomalous->attack, 100 * share);
  const SetPlan plan{size, n_changed, options_.replicates};
  const TestSetBuilder builder(inputs_.clean(), false);
  return {anomalous != nullptr ? anomalous->row(inputs_.data().name) : clean(), cell,
          scan_sets(*layer.pool, builder, anomalous != nullptr ? anomalous->inputs : std::vector<PoolInput>{}, plan,
                    seed_.child(draws), place_.threads, place_.progress)};
}

/// Test sets of images that were right before and wrong after, and clean ones of each size.
Write AutoencoderScanMeasurement::sets(const std::string& name) {
  const ScannedLayer& layer = inputs_.layer(name);
  std::vector<std::pair<const AnomalousImages*, std::int64_t>> drawn;
  std::vector<std::int64_t> sizes;
  for (const AnomalousImages& anomalous : inputs_.anomalous()) {
    const auto size = set_size(anomalous);
    if (anomalous.kept != "fooled" || !size || options_.replicates == 0) continue;
    drawn.emplace_back(&anomalous, *size);
    if (std::find(sizes.begin(), sizes.end(), *size) == sizes.end()) sizes.push_back(*size);
  }
  const std::vector<double> shares = options_.fractions();
  const std::size_t total = sizes.size() + drawn.size() * shares.size();
  place_.progress.begin("scan sets, " + name, total * static_cast<std::size_t>(options_.replicates));
  std::vector<ScoredCell> cells;
  for (const std::int64_t size : sizes) cells.push_back(scanned_sets(layer, nullptr, size, 0));
  for (const auto& [anomalous, size] : drawn) {
    for (const double share : shares) cells.push_back(scanned_sets(layer, anomalous, size, share));
  }
  place_.progress.end();
  return writing(std::move(cells));
}

}  // namespace

std::unique_ptr<Measurement> autoencoder_scan_measurement(const AutoencoderScanOptions& options, Workplace& place) {
  return std::make_unique<AutoencoderScanMeasurement>(options, place);
}

}  // namespace deepmine
