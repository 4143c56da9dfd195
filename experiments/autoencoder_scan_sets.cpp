#include <fmt/format.h>

#include <algorithm>

#include "experiments/autoencoder_scan_measurement.h"
#include "experiments/autoencoder_scan_units.h"
#include "experiments/lists.h"
#include "experiments/pool_scans.h"

namespace deepmine {

/// 500 inputs where the largest share of them can be noised, else 200, else none.
std::optional<std::int64_t> AutoencoderScanMeasurement::set_size(const NoisedImages& noised) const {
  for (const std::int64_t size : {options_.size, std::min<std::int64_t>(options_.size, 200)}) {
    const std::int64_t needed = n_noised(options_.fractions().back(), size);
    if (static_cast<std::int64_t>(noised.inputs.size()) >= needed) return size;
  }
  return std::nullopt;
}

/// Test sets of images that were right before and wrong after, and clean ones of each size.
void AutoencoderScanMeasurement::scan_sets_of(Run& run, const std::string& layer,
                                              const ScoringPool& pool) {
  const std::string unit = AutoencoderScanUnits::sets(layer);
  if (!run.wants(unit)) return;
  struct Scanned {
    ScanCell cell;
    std::vector<ScanRow> rows;
  };
  std::vector<Scanned> scanned;
  const TestSetBuilder builder(clean_, false);
  const std::vector<double> shares = options_.fractions();
  const auto add = [&](const NoisedImages* noised, std::int64_t size, double share) {
    ScanCell cell = individual_cell(Spec::parse(options_.detector).name, layer);
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
    scanned.push_back({cell, scan_sets(pool, builder, noised != nullptr ? noised->inputs : std::vector<PoolInput>{},
                                       plan, seed_.child(draws), place_.threads, place_.progress)});
  };
  std::vector<std::pair<const NoisedImages*, std::int64_t>> drawn;
  std::vector<std::int64_t> sizes;
  for (const NoisedImages& noised : noised_) {
    const auto size = set_size(noised);
    if (noised.kept != "fooled" || !size || options_.replicates == 0) continue;
    drawn.emplace_back(&noised, *size);
    if (std::find(sizes.begin(), sizes.end(), *size) == sizes.end()) sizes.push_back(*size);
  }
  const std::size_t total = sizes.size() + drawn.size() * shares.size();
  place_.progress.begin("scan sets, " + layer, total * static_cast<std::size_t>(options_.replicates));
  for (const std::int64_t size : sizes) add(nullptr, size, 0);
  for (const auto& [noised, size] : drawn) {
    for (const double share : shares) add(noised, size, share);
  }
  place_.progress.end();
  run.write_unit(unit, [&](UnitWriter& writer) {
    for (const Scanned& done : scanned) {
      const auto id = writer.cell(done.cell);
      for (const ScanRow& row : done.rows) writer.add(id, row);
    }
  });
}

}  // namespace deepmine
