#include "experiments/deep_mining_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/attack/suspicion.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/detect/rows.h"
#include "framework/evaluate/attack_rows.h"
#include "framework/evaluate/attack_sources.h"
#include "framework/evaluate/model_rows.h"
#include "framework/run/sources.h"

namespace deepmine {

DeepMiningInputs::DeepMiningInputs(const DeepMiningOptions& options, Workplace& place)
    : options_(options),
      place_(place),
      attack_(Registry<Attack>::instance().canonical(Spec::parse(options.attack))),
      data_(load_labelled(options.dataset, Part::kTest, DataFolders(place.data), "deep-mining")),
      classifier_(load_classifier(options.model)),
      detector_(make_group_detector(Spec::parse(options.detector))) {
  ensure(end() <= data_.size(),
         "expected background + evaluation to be at most {}, the test images of {}, found {} + {}", data_.size(),
         data_.name, options_.background, options_.evaluation);
  const auto classes = static_cast<std::int64_t>(data_.class_names.size());
  const auto targets = options_.target_list();
  check_model();
  ensure(targets.front() >= 0 && targets.back() < classes, "targets: expected classes 0 to {} of {}, found {} to {}",
         classes - 1, data_.name, targets.front(), targets.back());
  for (std::int64_t i = options_.background; i < end(); ++i) {
    clean_pool_.push_back({clean_pool_.size(), static_cast<std::size_t>(i)});
  }
}

/// What is wrong with the model or the detector is told before hours of work.
void DeepMiningInputs::check_model() {
  check_trained_on(*classifier_, data_.name, "model");
  detector_->read(options_.layer_names());
  layout_ = detector_->layout(*classifier_, data_.pixels(0, 1));
  detector_->check(static_cast<std::size_t>(options_.background), layout_);
  const torch::Tensor images = data_.pixels(0, std::min<std::int64_t>(data_.size(), Doubts::kImages));
  doubts_.look_at(*classifier_, images, "model");
  doubts_.add(attack_, falls_short(Spec::parse(attack_), images[0].numel()));
  doubts_.tell(place_);
}

RunKey DeepMiningInputs::key() const {
  auto parameters = options_.canonical();
  parameters["dataset"] = data_.name;
  return {"deep-mining", place_.profile, parameters, place_.seed,
          {{"dataset", data_.sha256}, {"model", classifier_->sha256()}}, code_digest()};
}

/// Of the measurement, and of everything that the options name.
std::string DeepMiningInputs::code_digest() const {
  SourceFiles files = image_sources();
  files.merge(activation_sources(*classifier_));
  files.merge(detector_sources(options_.detector));
  files.insert("experiments/deep_mining_measurement.h");
  return Sources::of_program().digest(files);
}

SourceFiles DeepMiningInputs::image_sources() const {
  SourceFiles files = attack_sources(attack_, *classifier_);
  files.merge(dataset_sources(data_.name));
  return files;
}

/// The most of what its steps hold, all attacks taken to succeed on all images.
std::uint64_t DeepMiningInputs::memory() const {
  const auto count = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  const torch::Tensor image = data_.pixels(0, 1);
  const std::uint64_t pixels = image.nbytes(), nodes = layout_.nodes(), input = nodes * sizeof(float);
  const std::uint64_t evaluation = count(options_.evaluation), all = evaluation * (1 + options_.target_list().size());
  const std::uint64_t background = count(options_.background) * input;
  const std::uint64_t copies = layout_.layers.size() > 1 ? 2 : 1;  // layers alone and side by side
  const std::uint64_t passed = count(options_.background) * (pixels + input);
  const std::uint64_t sorted = (1 + copies) * background + evaluation * input;
  const std::uint64_t attacked = background + (all + evaluation) * input + 5 * evaluation * pixels +
                                 attacking_memory(*classifier_, image, options_.evaluation, place_.threads);
  const std::uint64_t stacked = background + (1 + copies) * all * input;
  const std::uint64_t ranks = 2 * evaluation * input;
  const std::uint64_t scanned =
      copies * all * input + ranks + detector_->memory(count(options_.background), all, nodes);
  // What passing images took is kept by the allocator.
  return held_memory() + passing_memory(*classifier_, image, options_.background, place_.threads) +
         std::max({passed, sorted, attacked, stacked, scanned});
}

Inputs DeepMiningInputs::looked_at(const torch::Tensor& images, const std::string& what) const {
  Inputs inputs(*classifier_, images, "activations, " + what, place_.progress, place_.threads);
  // One run of one process needs each but once: hundreds of megabytes that nobody would read.
  if (place_.keep_activations || !place_.share.whole()) {
    inputs.keep_in(place_.artifacts, made_by(activation_sources(*classifier_), place_));
  }
  inputs.require(detector_->features());
  inputs.release_images();
  return inputs;
}

const Inputs& DeepMiningInputs::background() {
  if (!background_) background_ = looked_at(data_.pixels(0, options_.background), "background");
  return *background_;
}

const Inputs& DeepMiningInputs::clean() {
  if (!clean_) clean_ = looked_at(data_.pixels(options_.background, end()), "clean");
  return *clean_;
}

double DeepMiningInputs::accuracy() {
  const torch::Tensor predicted = torch::cat({background().predicted(), clean().predicted()});
  return (predicted == data_.labels.slice(0, 0, end())).to(torch::kFloat64).mean().item<double>();
}

const Doubts& DeepMiningInputs::detector_doubts() {
  if (!detector_doubts_) fit();
  return *detector_doubts_;
}

/// Also lets the detector see each class to come once: a background that does not serve is told before the attacks.
void DeepMiningInputs::fit() {
  detector_->fit({background()}, Seed(place_.seed).child("detector"), place_.threads);
  background_->release_features();  // the detector has them sorted
  const torch::Tensor targets = torch::tensor(options_.target_list(), torch::kInt64);
  const torch::Tensor classes = std::get<0>(torch::_unique(torch::cat({clean().predicted(), targets})));
  Inputs sample = clean().rows(std::vector<std::int64_t>(static_cast<std::size_t>(classes.numel())));
  sample.predict(classes);
  detector_->admit(sample, 1);
  Doubts doubts;
  for (const std::string& doubt : detector_->doubts()) doubts.add("the detector", doubt);
  doubts.tell(place_);
  detector_doubts_ = std::move(doubts);
}

/// The pass that takes the activations down also tells which attacks succeeded.
DeepMiningInputs::Anomalous DeepMiningInputs::attack_towards(std::int64_t target) {
  const AttackOrder order{attack_, options_.background, end(), target, made_by(image_sources(), place_),
                          place_.threads};
  const torch::Tensor rows = attackable(order, clean().predicted());
  place_.progress.begin(fmt::format("attack towards {}", target), static_cast<std::size_t>(options_.evaluation));
  const AttackedImages made = attacked_images(*classifier_, data_, order, rows, Goal::towards(target, rows.size(0)),
                                              place_.artifacts, place_.progress);
  place_.progress.end();
  const Inputs inputs = looked_at(made.images, fmt::format("attacked towards {}", target));
  AdversarialSet set = successful_images(data_, order, rows, made, inputs.predicted());
  check_enough(set);
  ensure_same_images(place_.store.database(), key().uid(), attack_, std::to_string(target), set.sha256);
  Inputs kept = inputs.rows(numbers_of<std::int64_t>(set.rows));
  return {std::move(set), std::move(kept)};
}

void DeepMiningInputs::check_enough(const AdversarialSet& set) const {
  const std::int64_t needed = options_.n_anomalous(options_.fractions().back());
  ensure(set.n_kept() >= needed,
         "attack: expected at least {} successful images per target for {} % of {} inputs, found {} "
         "of {}; raise epsilon or lower anomalous-percent", needed, 100 * options_.fractions().back(),
         options_.size, set.n_kept(), set.n_candidates);
}

const AdversarialSet& DeepMiningInputs::adversarial(std::int64_t target) {
  if (anomalous_.count(target) == 0) anomalous(target);
  return anomalous_.at(target).set;
}

const Inputs& DeepMiningInputs::anomalous(std::int64_t target) {
  detector_doubts();  // which refuses what would fail after the attack
  Anomalous& anomalous = anomalous_[target];
  if (!anomalous.inputs) anomalous = attack_towards(target);
  return *anomalous.inputs;
}

const std::vector<AnomalousPool>& DeepMiningInputs::anomalous_pools() {
  if (!anomalous_pools_.empty()) return anomalous_pools_;
  AnomalousPool all{"All", {}};
  std::size_t row = clean_pool_.size();
  for (const std::int64_t target : options_.target_list()) {
    AnomalousPool pool{std::to_string(target), {}};
    for (const std::size_t source : adversarial(target).sources) pool.inputs.push_back({row++, source});
    all.inputs.insert(all.inputs.end(), pool.inputs.begin(), pool.inputs.end());
    anomalous_pools_.push_back(std::move(pool));
  }
  if (options_.all_targets) anomalous_pools_.push_back(std::move(all));
  return anomalous_pools_;
}

const ScoringPool& DeepMiningInputs::pool() {
  if (pool_) return *pool_;
  anomalous_pools();
  std::vector<const Inputs*> parts{&clean()};
  for (const std::int64_t target : options_.target_list()) parts.push_back(&anomalous(target));
  ranks_.inputs = static_cast<std::size_t>(parts[0]->size() + parts[1]->size());
  const Inputs evaluation = Inputs::stacked(parts);
  for (auto& [target, anomalous] : anomalous_) anomalous.inputs.reset();
  clean_->release_features();
  pool_ = detector_->admit(evaluation, place_.threads, &ranks_);
  detector_.reset();  // and with it the sorted background
  return *pool_;
}

}  // namespace deepmine
