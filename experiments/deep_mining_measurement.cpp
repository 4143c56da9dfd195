#include "experiments/deep_mining_measurement.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/attack_rows.h"
#include "experiments/deep_mining_checks.h"
#include "experiments/detection_power.h"
#include "experiments/image_bootstrap.h"
#include "experiments/model_rows.h"
#include "experiments/node_p_values.h"
#include "experiments/pool_scans.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/scan/roc.h"

namespace deepmine {
DeepMiningMeasurement::DeepMiningMeasurement(const DeepMiningOptions& options, Workplace& place)
    : options_(options),
      place_(place),
      seed_(Seed(place.seed).child("deep-mining")),
      attack_(Registry<Attack>::instance().canonical(Spec::parse(options.attack))),
      data_(load_dataset(options.dataset, Part::kTest, DataFolders(place.data))),
      classifier_(load_classifier(options.model)),
      detector_(Registry<Detector>::instance().make(Spec::parse(options.detector))) {
  ensure(options_.background + options_.evaluation <= data_.size(),
         "expected background + evaluation to be at most {}, the test images of {}, found {} + {}",
         data_.size(), data_.name, options_.background, options_.evaluation);
  const auto classes = static_cast<std::int64_t>(data_.class_names.size());
  const auto targets = options_.target_list();
  check_model();
  ensure(targets.front() >= 0 && targets.back() < classes,
         "targets: expected classes 0 to {} of {}, found {} to {}", classes - 1, data_.name,
         targets.front(), targets.back());
}

/// What is wrong with the model or the detector is told before hours of work.
void DeepMiningMeasurement::check_model() {
  check_trained_on(*classifier_, data_.name, "model");
  watcher_ = std::make_unique<Watcher>(*classifier_, options_.layer_names(), data_.pixels(0, 1));
  // The detector tries itself on two inputs like those to come.
  const Watched sample{Activations(2, watcher_->nodes()), torch::zeros({2}, torch::kInt64)};
  detector_->fit(watcher_->inputs(sample), 1);
  detector_->admit(watcher_->inputs(sample), 1);
}

Run DeepMiningMeasurement::begin() const {
  const RunKey key{"deep-mining", place_.profile, options_.canonical(), place_.seed,
                   {{"dataset", data_.sha256}, {"model", classifier_->sha256()}},
                   place_.provenance.code_version};
  return place_.store.begin_run(key, place_.provenance, place_.threads, place_.command);
}

std::string DeepMiningMeasurement::run() {
  Run run = begin();
  if (!run.finished()) run.execute([&] { measure(run); });
  return run.uid();
}

void DeepMiningMeasurement::measure(Run& run) {
  ensure_memory(memory(), "lower background or evaluation, or give it a machine or job with more");
  write_inputs(run);
  const auto background_end = options_.background;
  const auto end = background_end + options_.evaluation;
  const Watched background = watch(data_.pixels(0, background_end), "background");
  const Watched clean = watch(data_.pixels(background_end, end), "clean");
  fit(background, clean.predicted);
  check_accuracy(run, accuracy(torch::cat({background.predicted, clean.predicted})), end);
  for (std::int64_t i = background_end; i < end; ++i) {
    clean_.push_back({clean_.size(), static_cast<std::size_t>(i)});
  }
  attack_targets(run, clean.predicted);
  check_null_p_values(run, background.activations, clean.activations, place_.threads);
  keep_node_p_values(run, background.activations, clean.activations,
                     watched_noised_.front().activations, place_.artifacts, place_.threads);
  admit(clean);

  scan_clean_sets(run);
  scan_alone(run, "alone / clean", std::nullopt, clean_);
  for (const NoisedPool& noised : noised_) {
    if (noised.target != "All") scan_alone(run, "alone / " + noised.target, noised.target, noised.inputs);
    for (double fraction : options_.fractions()) scan_noised_sets(run, noised, fraction);
  }
  resample_images(run);
  write_detection_power(run, place_.store.database(), seed_.child("intervals"));
  write_shape_checks(run, place_.store.database());
}

void DeepMiningMeasurement::write_inputs(Run& run) const {
  if (run.unit_done("inputs")) return;
  run.write_unit("inputs", [&](UnitWriter& writer) {
    writer.add(DatasetRow{data_.sha256, data_.name, std::string(name_of(data_.part)), data_.size()});
    writer.add(model_row(*classifier_));
  });
}

/// The share of the first images that were given their class.
double DeepMiningMeasurement::accuracy(const torch::Tensor& predicted) const {
  const torch::Tensor labels = data_.labels.slice(0, 0, predicted.size(0));
  return (predicted == labels).to(torch::kFloat64).mean().item<double>();
}

void DeepMiningMeasurement::attack_targets(Run& run, const torch::Tensor& predicted) {
  const std::int64_t begin = options_.background, end = begin + options_.evaluation;
  const std::string made_by = fmt::format("{} {} {} threads", place_.provenance.code_version,
                                          place_.provenance.libraries.at("libtorch"), place_.threads);
  std::size_t row = clean_.size();
  NoisedPool all{"All", {}};
  for (std::int64_t target : options_.target_list()) {
    const std::string name = std::to_string(target);
    place_.progress.begin("attack towards " + name, static_cast<std::size_t>(options_.evaluation));
    const AdversarialSet set =
        adversarial_set(*classifier_, data_, predicted, {attack_, begin, end, target, made_by},
                        place_.artifacts, place_.progress);
    place_.progress.end();
    check_enough(set);
    watched_noised_.push_back(watch(set.images, "noised towards " + name));
    NoisedPool pool{name, {}};
    for (std::size_t source : set.sources) pool.inputs.push_back({row++, source});
    all.inputs.insert(all.inputs.end(), pool.inputs.begin(), pool.inputs.end());
    noised_.push_back(std::move(pool));
    const std::string unit = "attack / " + name;
    ensure_same_images(place_.store.database(), run, attack_, name, set.sha256);
    if (run.unit_done(unit)) continue;
    run.write_unit(unit, [&](UnitWriter& writer) {
      const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(set.file));
      writer.add(ArtifactRow{set.sha256, "adversarial images", bytes, set.file.filename().string()});
      writer.add(AttackSetRow{classifier_->sha256(), data_.sha256, attack_, name, set.n_candidates,
                              set.n_kept(), set.success_rate, set.mean_l2, set.mean_linf,
                              set.sha256});
    });
  }
  if (options_.all_targets) noised_.push_back(std::move(all));
}

void DeepMiningMeasurement::check_enough(const AdversarialSet& set) const {
  const std::int64_t needed = options_.n_noised(options_.fractions().back());
  ensure(set.n_kept() >= needed,
         "attack: expected at least {} successful images per target for {} % of {} inputs, found {} "
         "of {}; raise epsilon or lower noised-percent", needed, 100 * options_.fractions().back(),
         options_.size, set.n_kept(), set.n_candidates);
}

Watched DeepMiningMeasurement::watch(const torch::Tensor& images, const std::string& what) const {
  return watcher_->watch(images, what, place_.progress);
}

/// Also lets the detector see each class to come once: a background that does not serve is told before
/// the attacks.
void DeepMiningMeasurement::fit(const Watched& background, const torch::Tensor& clean) {
  detector_->fit(watcher_->inputs(background), static_cast<std::size_t>(place_.threads));
  const torch::Tensor targets = torch::tensor(options_.target_list(), torch::kInt64);
  const torch::Tensor classes = std::get<0>(torch::_unique(torch::cat({clean, targets})));
  const Watched sample{Activations(static_cast<std::size_t>(classes.numel()), watcher_->nodes()), classes};
  detector_->admit(watcher_->inputs(sample), 1);
}

void DeepMiningMeasurement::admit(const Watched& clean) {
  std::vector<const Watched*> parts{&clean};
  for (const Watched& noised : watched_noised_) parts.push_back(&noised);
  const Watched evaluation = stacked(parts);
  watched_noised_.clear();
  pool_ = detector_->admit(watcher_->inputs(evaluation), static_cast<std::size_t>(place_.threads));
  detector_.reset();  // and with it the sorted background
}

ScanCell DeepMiningMeasurement::cell(const std::string& kind) const {
  ScanCell result;
  result.detector = Spec::parse(options_.detector).name;
  result.layer = options_.layer_name();
  result.kind = kind;
  result.n_inputs = kind == "individual" ? 1 : options_.size;
  return result;
}

std::vector<ScanRow> DeepMiningMeasurement::scan_sets(const std::vector<PoolInput>& clean,
                                                      const std::vector<PoolInput>& noised,
                                                      std::int64_t n_noised, Seed seed) const {
  const TestSetBuilder builder(clean, options_.disjoint_sources);
  const SetPlan plan{options_.size, n_noised, options_.replicates};
  return deepmine::scan_sets(*pool_, builder, noised, plan, seed, place_.threads, place_.progress);
}

void DeepMiningMeasurement::scan_clean_sets(Run& run) {
  if (run.unit_done("clean sets")) return;
  place_.progress.begin("scan clean sets", static_cast<std::size_t>(options_.replicates));
  const auto rows = scan_sets(clean_, {}, 0, seed_.child("clean sets"));
  place_.progress.end();
  run.write_unit("clean sets", [&](UnitWriter& writer) {
    ScanCell clean = cell("null");
    clean.noised_fraction = 0;
    const auto id = writer.cell(clean);
    for (const ScanRow& row : rows) writer.add(id, row);
  });
}

void DeepMiningMeasurement::scan_noised_sets(Run& run, const NoisedPool& noised, double fraction) {
  const std::string unit = fmt::format("sets / {} / {:g} %", noised.target, 100 * fraction);
  if (run.unit_done(unit)) return;
  place_.progress.begin("scan " + unit, static_cast<std::size_t>(options_.replicates));
  const Seed seed = seed_.child(unit);
  const auto n_noised = options_.n_noised(fraction);
  const auto rows = scan_sets(clean_, noised.inputs, n_noised, seed);
  place_.progress.end();
  run.write_unit(unit, [&](UnitWriter& writer) {
    ScanCell mixed = cell("mixed");
    mixed.attack = attack_;
    mixed.target = noised.target;
    mixed.noised_fraction = fraction;
    mixed.n_noised = n_noised;
    const auto id = writer.cell(mixed);
    for (const ScanRow& row : rows) writer.add(id, row);
  });
}

/// Test sets share images, so what they say varies less than what other images would: all sets are drawn anew
/// from images drawn with replacement.
void DeepMiningMeasurement::resample_images(Run& run) {
  for (std::int64_t i = 0; i < options_.image_resamples; ++i) {
    const std::string unit = fmt::format("images drawn again {}", i);
    if (run.unit_done(unit)) continue;
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

void DeepMiningMeasurement::scan_alone(Run& run, const std::string& unit,
                                       const std::optional<std::string>& target,
                                       const std::vector<PoolInput>& inputs) {
  if (run.unit_done(unit)) return;
  const auto rows = scan_each(*pool_, inputs, target.has_value(), place_.threads);
  run.write_unit(unit, [&](UnitWriter& writer) {
    ScanCell alone = cell("individual");
    alone.n_noised = target ? 1 : 0;
    if (target) alone.attack = attack_;
    alone.target = target;
    const auto id = writer.cell(alone);
    for (const ScanRow& row : rows) writer.add(id, row);
  });
}

}  // namespace deepmine
