#include "experiments/deep_mining_measurement.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/attack_rows.h"
#include "experiments/deep_mining_checks.h"
#include "experiments/deep_mining_units.h"
#include "experiments/model_rows.h"
#include "experiments/node_p_values.h"
#include "experiments/pool_scans.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"

namespace deepmine {

using Units = DeepMiningUnits;

DeepMiningMeasurement::DeepMiningMeasurement(const DeepMiningOptions& options, Workplace& place)
    : options_(options),
      place_(place),
      seed_(Seed(place.seed).child("deep-mining")),
      attack_(Registry<Attack>::instance().canonical(Spec::parse(options.attack))),
      data_(load_labelled(options.dataset, Part::kTest, DataFolders(place.data), "deep-mining")),
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
  // One run of one process needs each but once: hundreds of megabytes that nobody would read.
  if (place_.keep_activations || !place_.share.whole()) watcher_->keep_in(place_.artifacts, made_by());
  detector_->check(static_cast<std::size_t>(options_.background));
  // The detector tries itself on two inputs like those to come.
  const Watched sample{Activations(2, watcher_->nodes()), torch::zeros({2}, torch::kInt64)};
  detector_->fit(watcher_->inputs(sample), 1);
  detector_->admit(watcher_->inputs(sample), 1);
  const torch::Tensor images = data_.pixels(0, std::min<std::int64_t>(data_.size(), Doubts::kImages));
  doubts_.look_at(*classifier_, images, "model");
  doubts_.look_at(attack_, images);
  doubts_.tell(place_);
}

RunKey DeepMiningMeasurement::key() const {
  auto parameters = options_.canonical();
  parameters["dataset"] = data_.name;
  return {"deep-mining", place_.profile, parameters, place_.seed,
          {{"dataset", data_.sha256}, {"model", classifier_->sha256()}}, place_.provenance.code_version};
}

/// In an order that stays.
std::vector<std::string> DeepMiningMeasurement::units() const {
  std::vector<std::string> names, pools;
  for (const std::int64_t target : options_.target_list()) {
    pools.push_back(std::to_string(target));
    names.push_back(Units::attack(pools.back()));
  }
  for (const char* name : {kAccuracyUnit, kCleanPValuesUnit, kNodePValuesUnit, Units::kCleanSets}) names.emplace_back(name);
  names.push_back(Units::alone("clean"));
  for (const std::string& target : pools) names.push_back(Units::alone(target));
  if (options_.all_targets) pools.emplace_back("All");
  for (const std::string& pool : pools) {
    for (const double fraction : options_.fractions()) names.push_back(Units::sets(pool, fraction));
  }
  for (std::int64_t i = 0; i < options_.image_resamples; ++i) names.push_back(Units::again(i));
  return names;
}

std::string DeepMiningMeasurement::run() {
  Run run = place_.store.begin_run(key(), place_.provenance, place_.threads, place_.command, place_.share);
  if (run.finished()) return run.uid();
  run.execute([&] {
    if (run.wants_any(units())) measure(run);
    if (run.share().whole()) conclude_deep_mining(run, place_.store.database(), place_.seed);
  });
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
  check_accuracy(run, accuracy(torch::cat({background.predicted, clean.predicted})), end, detector_doubts_);
  for (std::int64_t i = background_end; i < end; ++i) {
    clean_.push_back({clean_.size(), static_cast<std::size_t>(i)});
  }
  attack_targets(run, clean.predicted);
  check_null_p_values(run, background.activations, clean.activations, place_.threads);
  keep_node_p_values(run, background.activations, clean.activations,
                     watched_noised_.front().activations, place_.artifacts, place_.threads);
  admit(clean);

  scan_clean_sets(run);
  scan_alone(run, Units::alone("clean"), std::nullopt, clean_);
  for (const NoisedPool& noised : noised_) {
    if (noised.target != "All") scan_alone(run, Units::alone(noised.target), noised.target, noised.inputs);
    for (double fraction : options_.fractions()) scan_noised_sets(run, noised, fraction);
  }
  resample_images(run);
}

void DeepMiningMeasurement::write_inputs(Run& run) const {
  if (run.unit_done("inputs")) return;
  run.write_unit("inputs", [&](UnitWriter& writer) {
    writer.add(DatasetRow{data_.sha256, data_.name, std::string(name_of(data_.part)), data_.size()});
    writer.add(model_row(*classifier_));
    doubts_.write(writer);
  });
}

/// The share of the first images that were given their class.
double DeepMiningMeasurement::accuracy(const torch::Tensor& predicted) const {
  const torch::Tensor labels = data_.labels.slice(0, 0, predicted.size(0));
  return (predicted == labels).to(torch::kFloat64).mean().item<double>();
}

/// What files of images and activations depend on beside their contents: others may round otherwise.
std::string DeepMiningMeasurement::made_by() const {
  return fmt::format("{} {} {} threads", place_.provenance.code_version, place_.provenance.libraries.at("libtorch"),
                     place_.threads);
}

AdversarialSet DeepMiningMeasurement::attack(std::int64_t target, const torch::Tensor& predicted) const {
  const std::int64_t begin = options_.background, end = begin + options_.evaluation;
  place_.progress.begin(fmt::format("attack towards {}", target), static_cast<std::size_t>(options_.evaluation));
  AdversarialSet set = adversarial_set(*classifier_, data_, predicted, {attack_, begin, end, target, made_by()},
                                       place_.artifacts, place_.progress);
  place_.progress.end();
  check_enough(set);
  return set;
}

/// Where others attack the other targets meanwhile, ours come first, so that nobody waits for what nobody
/// has begun.
void DeepMiningMeasurement::attack_own_targets(const Run& run, const torch::Tensor& predicted) const {
  if (run.share().whole()) return;
  for (const std::int64_t target : options_.target_list()) {
    if (run.wants(Units::attack(std::to_string(target)))) attack(target, predicted);
  }
}

void DeepMiningMeasurement::attack_targets(Run& run, const torch::Tensor& predicted) {
  attack_own_targets(run, predicted);
  std::size_t row = clean_.size();
  NoisedPool all{"All", {}};
  for (std::int64_t target : options_.target_list()) {
    const std::string name = std::to_string(target);
    const AdversarialSet set = attack(target, predicted);
    watched_noised_.push_back(watch(set.images, "noised towards " + name));
    NoisedPool pool{name, {}};
    for (std::size_t source : set.sources) pool.inputs.push_back({row++, source});
    all.inputs.insert(all.inputs.end(), pool.inputs.begin(), pool.inputs.end());
    noised_.push_back(std::move(pool));
    const std::string unit = Units::attack(name);
    ensure_same_images(place_.store.database(), run, attack_, name, set.sha256);
    if (!run.wants(unit)) continue;
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
  Doubts doubts;
  for (const std::string& doubt : detector_->doubts()) doubts.add("the detector", doubt);
  doubts.tell(place_);
  detector_doubts_ = doubts;
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
  if (!run.wants(Units::kCleanSets)) return;
  place_.progress.begin("scan clean sets", static_cast<std::size_t>(options_.replicates));
  const auto rows = scan_sets(clean_, {}, 0, seed_.child(Units::kCleanSets));
  place_.progress.end();
  run.write_unit(Units::kCleanSets, [&](UnitWriter& writer) {
    ScanCell clean = cell("null");
    clean.noised_fraction = 0;
    const auto id = writer.cell(clean);
    for (const ScanRow& row : rows) writer.add(id, row);
  });
}

void DeepMiningMeasurement::scan_noised_sets(Run& run, const NoisedPool& noised, double fraction) {
  const std::string unit = Units::sets(noised.target, fraction);
  if (!run.wants(unit)) return;
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

void DeepMiningMeasurement::scan_alone(Run& run, const std::string& unit,
                                       const std::optional<std::string>& target,
                                       const std::vector<PoolInput>& inputs) {
  if (!run.wants(unit)) return;
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
