#include <fmt/format.h>

#include <algorithm>

#include "experiments/deep_mining_measurement.h"
#include "experiments/deep_mining_units.h"
#include "experiments/image_bootstrap.h"
#include "framework/core/error.h"
#include "framework/learn/roc.h"

namespace deepmine {

/// Test sets share images, so what they say varies less than what other images would: all sets are drawn anew
/// from images drawn with replacement.
void DeepMiningMeasurement::resample_images(Run& run) {
  for (std::int64_t i = 0; i < options_.image_resamples; ++i) {
    const std::string unit = DeepMiningUnits::again(i);
    if (!run.wants(unit)) continue;
    const auto rows = resampled_power(i, seed_.child("images drawn again").child(static_cast<std::uint64_t>(i)));
    run.write_unit(unit, [&](UnitWriter& writer) {
      for (const DetectionRow& row : rows) writer.add(row);
    });
  }
}

/// Images drawn again that leave every target as many noised inputs as a test set needs.
std::vector<std::size_t> DeepMiningMeasurement::enough_again(Seed seed) const {
  constexpr std::uint64_t kTries = 100;
  const auto first = static_cast<std::size_t>(options_.background);
  const auto needed = static_cast<std::size_t>(options_.n_noised(options_.fractions().back()));
  for (std::uint64_t i = 0; i < kTries; ++i) {
    auto times = drawn_again(clean_.size(), seed.child(i));
    const bool enough = std::all_of(noised_.begin(), noised_.end(), [&](const NoisedPool& noised) {
      return repeated(noised.inputs, times, first).size() >= needed;
    });
    if (enough) return times;
  }
  fail("image-resamples: expected draws that leave {} noised images of every target, found none in {}; lower noised-percent",
       needed, kTries);
}

std::vector<DetectionRow> DeepMiningMeasurement::resampled_power(std::int64_t number, Seed seed) const {
  const auto times = enough_again(seed.child("images"));
  const auto first = static_cast<std::size_t>(options_.background);
  const auto clean = repeated(clean_, times, first);
  const std::size_t sets = 1 + noised_.size() * options_.fractions().size();
  place_.progress.begin(fmt::format("images drawn again, {} of {}", number + 1, options_.image_resamples),
                        sets * static_cast<std::size_t>(options_.replicates));
  const auto scores = [&](const std::vector<PoolInput>& noised, std::int64_t n_noised, const std::string& name) {
    std::vector<double> result;
    for (const ScanRow& row : scan_sets(clean, noised, n_noised, seed.child(name))) result.push_back(row.score);
    return result;
  };
  const std::vector<double> clean_scores = scores({}, 0, "clean sets");
  std::vector<DetectionRow> rows;
  for (const NoisedPool& noised : noised_) {
    const auto inputs = repeated(noised.inputs, times, first);
    for (const double fraction : options_.fractions()) {
      DetectionRow row;
      row.layer = options_.layer_name();
      row.detector = Spec::parse(options_.detector).name;
      row.attack = attack_;
      row.target = noised.target;
      row.kind = "mixed";
      row.noised_fraction = fraction;
      row.metric = fmt::format("auroc, images drawn again {}", number);
      const auto n_noised = options_.n_noised(fraction);
      row.value = auroc(scores(inputs, n_noised, fmt::format("{} / {:g} %", noised.target, 100 * fraction)), clean_scores);
      row.n = options_.replicates;
      rows.push_back(row);
    }
  }
  place_.progress.end();
  return rows;
}

}  // namespace deepmine
