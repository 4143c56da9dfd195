#include "experiments/deep_mining_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/attack_rows.h"
#include "experiments/model_rows.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/model/pass_memory.h"
#include "framework/run/sources.h"

namespace deepmine {

DeepMiningInputs::DeepMiningInputs(const DeepMiningOptions& options, Workplace& place)
    : options_(options),
      place_(place),
      attack_(Registry<Attack>::instance().canonical(Spec::parse(options.attack))),
      data_(load_labelled(options.dataset, Part::kTest, DataFolders(place.data), "deep-mining")),
      classifier_(load_classifier(options.model)),
      detector_(make_group_detector(Spec::parse(options.detector))) {
  ensure(end() <= data_.size(), "expected background + evaluation to be at most {}, the test images of {}, found {} + {}",
         data_.size(), data_.name, options_.background, options_.evaluation);
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
  watcher_ = std::make_unique<Watcher>(*classifier_, options_.layer_names(), data_.pixels(0, 1));
  // One run of one process needs each but once: hundreds of megabytes that nobody would read.
  if (place_.keep_activations || !place_.share.whole()) {
    watcher_->keep_in(place_.artifacts, made_by(watcher_sources(*classifier_), place_));
  }
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

RunKey DeepMiningInputs::key() const {
  auto parameters = options_.canonical();
  parameters["dataset"] = data_.name;
  return {"deep-mining", place_.profile, parameters, place_.seed,
          {{"dataset", data_.sha256}, {"model", classifier_->sha256()}}, code_digest()};
}

/// Of the measurement, and of everything that the options name.
std::string DeepMiningInputs::code_digest() const {
  SourceFiles files = image_sources();
  files.merge(watcher_sources(*classifier_));
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
  const PassMemory pass = pass_memory(*classifier_, image);
  const std::uint64_t pixels = image.nbytes(), nodes = watcher_->nodes(), input = nodes * sizeof(float);
  const std::uint64_t evaluation = count(options_.evaluation), all = evaluation * (1 + options_.target_list().size());
  const std::uint64_t background = count(options_.background) * input;  // and once more sorted
  const std::uint64_t copies = options_.layer_names().size() > 1 ? 2 : 1;  // layers alone and side by side
  const std::uint64_t watched = count(options_.background) * (pixels + copies * input);
  const std::uint64_t attacked = 2 * background + all * input + 5 * evaluation * pixels +
                                 count(images_at_once(image[0])) * pass.with_gradient;
  const std::uint64_t stacked = 2 * background + 2 * all * input;
  const std::uint64_t scanned = background + all * input + detector_->memory(count(options_.background), all, nodes);
  // What passing images took is kept by the allocator.
  const std::uint64_t passes = kLibraryMemory + count(kExtractionBatch) * pass.forward;
  return held_memory() + passes + std::max({watched, attacked, stacked, scanned});
}

Watched DeepMiningInputs::watch(const torch::Tensor& images, const std::string& what) const {
  return watcher_->watch(images, what, place_.progress);
}

const Watched& DeepMiningInputs::background() {
  if (!background_) background_ = watch(data_.pixels(0, options_.background), "background");
  return *background_;
}

const Watched& DeepMiningInputs::clean() {
  if (!clean_) clean_ = watch(data_.pixels(options_.background, end()), "clean");
  return *clean_;
}

double DeepMiningInputs::accuracy() {
  const torch::Tensor predicted = torch::cat({background().predicted, clean().predicted});
  return (predicted == data_.labels.slice(0, 0, end())).to(torch::kFloat64).mean().item<double>();
}

const Doubts& DeepMiningInputs::detector_doubts() {
  if (!detector_doubts_) fit();
  return *detector_doubts_;
}

/// Also lets the detector see each class to come once: a background that does not serve is told before the attacks.
void DeepMiningInputs::fit() {
  detector_->fit(watcher_->inputs(background()), static_cast<std::size_t>(place_.threads));
  const torch::Tensor targets = torch::tensor(options_.target_list(), torch::kInt64);
  const torch::Tensor classes = std::get<0>(torch::_unique(torch::cat({clean().predicted, targets})));
  const Watched sample{Activations(static_cast<std::size_t>(classes.numel()), watcher_->nodes()), classes};
  detector_->admit(watcher_->inputs(sample), 1);
  Doubts doubts;
  for (const std::string& doubt : detector_->doubts()) doubts.add("the detector", doubt);
  doubts.tell(place_);
  detector_doubts_ = std::move(doubts);
}

AdversarialSet DeepMiningInputs::attack_towards(std::int64_t target) {
  const torch::Tensor predicted = clean().predicted;
  place_.progress.begin(fmt::format("attack towards {}", target), static_cast<std::size_t>(options_.evaluation));
  const AttackOrder order{attack_, options_.background, end(), target, made_by(image_sources(), place_)};
  AdversarialSet set = adversarial_set(*classifier_, data_, predicted, order, place_.artifacts, place_.progress);
  place_.progress.end();
  check_enough(set);
  ensure_same_images(place_.store.database(), key().uid(), attack_, std::to_string(target), set.sha256);
  return set;
}

void DeepMiningInputs::check_enough(const AdversarialSet& set) const {
  const std::int64_t needed = options_.n_noised(options_.fractions().back());
  ensure(set.n_kept() >= needed,
         "attack: expected at least {} successful images per target for {} % of {} inputs, found {} "
         "of {}; raise epsilon or lower noised-percent", needed, 100 * options_.fractions().back(),
         options_.size, set.n_kept(), set.n_candidates);
}

const AdversarialSet& DeepMiningInputs::adversarial(std::int64_t target) {
  if (noised_.count(target) == 0) noised(target);
  return noised_.at(target).set;
}

const Watched& DeepMiningInputs::noised(std::int64_t target) {
  detector_doubts();  // which refuses what would fail after the attack
  Noised& noised = noised_[target];
  if (!noised.watched) {
    noised.set = attack_towards(target);
    noised.watched = watch(noised.set.images, fmt::format("noised towards {}", target));
    noised.set.images.reset();
  }
  return *noised.watched;
}

const std::vector<NoisedPool>& DeepMiningInputs::noised_pools() {
  if (!noised_pools_.empty()) return noised_pools_;
  NoisedPool all{"All", {}};
  std::size_t row = clean_pool_.size();
  for (const std::int64_t target : options_.target_list()) {
    NoisedPool pool{std::to_string(target), {}};
    for (const std::size_t source : adversarial(target).sources) pool.inputs.push_back({row++, source});
    all.inputs.insert(all.inputs.end(), pool.inputs.begin(), pool.inputs.end());
    noised_pools_.push_back(std::move(pool));
  }
  if (options_.all_targets) noised_pools_.push_back(std::move(all));
  return noised_pools_;
}

const ScoringPool& DeepMiningInputs::pool() {
  if (pool_) return *pool_;
  noised_pools();
  std::vector<const Watched*> parts{&clean()};
  for (const std::int64_t target : options_.target_list()) parts.push_back(&noised(target));
  const Watched evaluation = stacked(parts);
  for (auto& [target, noised] : noised_) noised.watched.reset();
  pool_ = detector_->admit(watcher_->inputs(evaluation), static_cast<std::size_t>(place_.threads));
  detector_.reset();  // and with it the sorted background
  return *pool_;
}

}  // namespace deepmine
