#include "experiments/autoencoder_scan_measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "experiments/autoencoder_scan_inputs.h"
#include "experiments/lists.h"
#include "experiments/model_rows.h"
#include "experiments/node_p_values.h"
#include "experiments/pool_scans.h"
#include "framework/core/file.h"
#include "framework/scan/p_values.h"

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
    return {inputs_.memory(), "lower background, clean or attacked, or give it a machine or job with more"};
  }

 private:
  Write attack(const std::string& spec);
  Write errors();
  Write examples();
  Write kept_node_p_values();
  Write alone(const std::string& layer);
  Write sets(const std::string& layer);
  std::optional<std::int64_t> set_size(const NoisedImages& noised) const;
  ScannedCell scanned_sets(const ScannedLayer& layer, const NoisedImages* noised, std::int64_t size, double share);
  ScanCell alone_cell(const std::string& layer) const {
    return individual_cell(Spec::parse(options_.detector).name, layer);
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
  const Dataset& data = inputs_.data();
  writer.add(DatasetRow{data.sha256, data.name, std::string(name_of(data.part)), data.size()});
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
  return writing(error_baselines(layer.evaluation, inputs_.clean(), inputs_.noised()));
}

/// Some noised images with their errors and the pixels that the scan finds, for a figure.
Write AutoencoderScanMeasurement::examples() {
  constexpr std::size_t kExamples = 6;
  const ScannedLayer& layer = inputs_.layer(Autoencoder::kError);
  const std::vector<PoolInput>& inputs = inputs_.noised().back().inputs;
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < std::min(kExamples, inputs.size()); ++i) {
    rows.push_back(static_cast<std::int64_t>(inputs[i].row));
  }
  const SortedBackground<float> sorted(layer.background, static_cast<std::size_t>(place_.threads));
  const auto file = example_file(place_.artifacts, key().uid());
  write_examples(file, inputs_.evaluation_images(), layer.evaluation, sorted, rows);
  const ArtifactRow row = artifact_row(file, sha256_of_file(file), "reconstruction errors");
  return [row](UnitWriter& writer) { writer.add(row); };
}

Write AutoencoderScanMeasurement::kept_node_p_values() {
  const ScannedLayer& layer = inputs_.layer(Autoencoder::kError);
  const NoisedImages& noised = inputs_.noised().front();
  const std::size_t cols = layer.evaluation.cols(), first = noised.inputs.front().row;
  return node_p_values(node_p_value_file(place_.artifacts, key().uid()), layer.background,
                       {layer.evaluation.data(), inputs_.clean().size(), cols},
                       {layer.evaluation.row(first), noised.inputs.size(), cols}, place_.threads);
}

Write AutoencoderScanMeasurement::alone(const std::string& name) {
  const ScoringPool& pool = *inputs_.layer(name).pool;
  std::vector<ScannedCell> cells{{alone_cell(name), scan_each(pool, inputs_.clean(), false, place_.threads)}};
  for (const NoisedImages& noised : inputs_.noised()) {
    ScannedCell cell{alone_cell(name), scan_each(pool, noised.inputs, true, place_.threads)};
    cell.cell.attack = noised.attack;
    cell.cell.target = noised.kept;
    cell.cell.n_noised = 1;
    cells.push_back(std::move(cell));
  }
  return writing(std::move(cells));
}

/// 500 inputs where the largest share of them can be noised, else 200, else none.
std::optional<std::int64_t> AutoencoderScanMeasurement::set_size(const NoisedImages& noised) const {
  for (const std::int64_t size : {options_.size, std::min<std::int64_t>(options_.size, 200)}) {
    const std::int64_t needed = n_noised(options_.fractions().back(), size);
    if (static_cast<std::int64_t>(noised.inputs.size()) >= needed) return size;
  }
  return std::nullopt;
}

/// Sets of clean images alone where no noised ones are given.
ScannedCell AutoencoderScanMeasurement::scanned_sets(const ScannedLayer& layer, const NoisedImages* noised, std::int64_t size,
                                                     double share) {
  ScanCell cell = alone_cell(layer.name);
  cell.kind = noised != nullptr ? "mixed" : "null";
  cell.noised_fraction = share;
  cell.n_inputs = size;
  cell.n_noised = noised != nullptr ? n_noised(share, size) : 0;
  std::string draws = fmt::format("{} clean", size);
  if (noised != nullptr) {
    cell.attack = noised->attack;
    cell.target = noised->kept;
    draws = fmt::format("{} {} {:g} %", size, noised->attack, 100 * share);
  }
  const SetPlan plan{size, cell.n_noised, options_.replicates};
  const TestSetBuilder builder(inputs_.clean(), false);
  return {cell, scan_sets(*layer.pool, builder, noised != nullptr ? noised->inputs : std::vector<PoolInput>{}, plan,
                          seed_.child(draws), place_.threads, place_.progress)};
}

/// Test sets of images that were right before and wrong after, and clean ones of each size.
Write AutoencoderScanMeasurement::sets(const std::string& name) {
  const ScannedLayer& layer = inputs_.layer(name);
  std::vector<std::pair<const NoisedImages*, std::int64_t>> drawn;
  std::vector<std::int64_t> sizes;
  for (const NoisedImages& noised : inputs_.noised()) {
    const auto size = set_size(noised);
    if (noised.kept != "fooled" || !size || options_.replicates == 0) continue;
    drawn.emplace_back(&noised, *size);
    if (std::find(sizes.begin(), sizes.end(), *size) == sizes.end()) sizes.push_back(*size);
  }
  const std::vector<double> shares = options_.fractions();
  const std::size_t total = sizes.size() + drawn.size() * shares.size();
  place_.progress.begin("scan sets, " + name, total * static_cast<std::size_t>(options_.replicates));
  std::vector<ScannedCell> cells;
  for (const std::int64_t size : sizes) cells.push_back(scanned_sets(layer, nullptr, size, 0));
  for (const auto& [noised, size] : drawn) {
    for (const double share : shares) cells.push_back(scanned_sets(layer, noised, size, share));
  }
  place_.progress.end();
  return writing(std::move(cells));
}

}  // namespace

std::unique_ptr<Measurement> autoencoder_scan_measurement(const AutoencoderScanOptions& options, Workplace& place) {
  return std::make_unique<AutoencoderScanMeasurement>(options, place);
}

}  // namespace deepmine
