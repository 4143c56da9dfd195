#include "experiments/autoencoder_scan_inputs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>
#include <utility>

#include "framework/attack/suspicion.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/evaluate/attack_rows.h"
#include "framework/evaluate/attack_sources.h"
#include "framework/evaluate/model_rows.h"
#include "framework/run/sources.h"

namespace deepmine {
namespace {

/// Bounds the memory: float32 activations of some 10,000 inputs are held for so many nodes.
constexpr std::int64_t kNodesAtOnce = 13000;

std::int64_t nodes_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string short_name(const std::string& attack) {
  const Spec spec = Spec::parse(attack);
  return spec.name + (spec.values.at("clip") == "none" ? " unclipped" : "");
}

AnomalousImages from_row(AnomalousImages images, std::size_t first) {
  for (PoolInput& input : images.inputs) input.row += first;
  return images;
}

}  // namespace

AutoencoderScanInputs::AutoencoderScanInputs(const AutoencoderScanOptions& options, Workplace& place)
    : options_(options),
      place_(place),
      data_(load_labelled(options.dataset, Part::kTest, DataFolders(place.data), "autoencoder-scan")),
      autoencoder_(load_autoencoder(options.autoencoder_model())),
      classifier_(load_classifier(options.classifier_model())) {
  ensure(options_.background + options_.clean + options_.attacked <= data_.size(),
         "expected background + clean + attacked to be at most {}, the test images of {}, found {} + {} "
         "+ {}", data_.size(), data_.name, options_.background, options_.clean, options_.attacked);
  check_trained_on(*classifier_, data_.name, "classifier");
  check_trained_on(*autoencoder_, data_.name, "autoencoder");
  shapes_ = layer_shapes(*autoencoder_, data_.pixels(0, 1), layers());
  check_detector();
  const torch::Tensor images = data_.pixels(0, std::min<std::int64_t>(data_.size(), Doubts::kImages));
  doubts_.look_at(*classifier_, images, "classifier");
  doubts_.look_at(*autoencoder_, images, "autoencoder");
  for (const std::string& spec : options_.attack_list()) {
    doubts_.add(spec, falls_short(Spec::parse(spec), images[0].numel()));
  }
  doubts_.tell(place_);
  for (std::int64_t i = 0; i < options_.clean; ++i) {
    clean_.push_back({static_cast<std::size_t>(i), static_cast<std::size_t>(options_.background + i)});
  }
}

/// What is wrong with the detector is told before the attacks.
void AutoencoderScanInputs::check_detector() const {
  const auto detector = make_group_detector(Spec::parse(options_.detector));
  for (const std::string& layer : layers()) {
    detector->read({layer});
    detector->check(static_cast<std::size_t>(options_.background), detector->layout(*autoencoder_, data_.pixels(0, 1)));
  }
}

RunKey AutoencoderScanInputs::key() const {
  auto parameters = options_.canonical();
  parameters["dataset"] = data_.name;
  parameters["layers"] = fmt::format("{}", fmt::join(layers(), "+"));
  return {"autoencoder-scan", place_.profile, parameters, place_.seed,
          {{"dataset", data_.sha256}, {"autoencoder", autoencoder_->sha256()}, {"classifier", classifier_->sha256()}},
          code_digest()};
}

/// Of the measurement and its checks, and of everything that the options name.
std::string AutoencoderScanInputs::code_digest() const {
  SourceFiles files{"experiments/autoencoder_scan_measurement.h", "experiments/autoencoder_scan_checks.h"};
  for (const std::string& attack : options_.attack_list()) files.merge(image_sources(attack));
  files.merge(network_files(*autoencoder_));
  files.merge(detector_sources(options_.detector));
  return Sources::of_program().digest(files);
}

SourceFiles AutoencoderScanInputs::image_sources(const std::string& attack) const {
  SourceFiles files = attack_sources(attack, *classifier_);
  files.merge(dataset_sources(data_.name));
  return files;
}

/// The most of what its steps hold, all attacks taken to fool the classifier with all images.
std::uint64_t AutoencoderScanInputs::memory() const {
  const auto count = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  const torch::Tensor image = data_.pixels(0, 1);
  const std::uint64_t pixels = image.nbytes(), attacked = count(options_.attacked);
  const std::uint64_t background = count(options_.background);
  const std::uint64_t evaluation = count(options_.clean) + options_.attack_list().size() * attacked;
  std::uint64_t most = (2 * evaluation + 5 * attacked) * pixels + 
      attacking_memory(*classifier_, image, options_.attacked, place_.threads);
  const auto detector = make_group_detector(Spec::parse(options_.detector));
  for (const std::vector<std::string>& block : layer_blocks()) {
    std::uint64_t nodes = 0, widest = 0;
    for (const std::string& layer : block) {
      nodes += count(nodes_of(shapes_.at(layer)));
      widest = std::max(widest, count(nodes_of(shapes_.at(layer))));
    }
    most = std::max(most, (background + evaluation) * (pixels + nodes * sizeof(float)) +
                              detector->memory(background, evaluation, widest));
  }
  // What passing images took is kept by the allocator.
  return held_memory() + passing_memory(*autoencoder_, image, options_.background, place_.threads) + most;
}

AttackedImages AutoencoderScanInputs::attacked(const std::string& spec) const {
  const std::int64_t begin = options_.background + options_.clean, end = begin + options_.attacked;
  const Goal goal = Goal::away_from(predict(*classifier_, data_.pixels(begin, end), place_.threads));
  place_.progress.begin("attack " + short_name(spec), static_cast<std::size_t>(options_.attacked));
  const AttackOrder order{spec, begin, end, {}, made_by(image_sources(spec), place_), place_.threads};
  AttackedImages made = attacked_images(*classifier_, data_, order,
                                        torch::arange(options_.attacked), goal, place_.artifacts, place_.progress);
  place_.progress.end();
  return made;
}

const FoolingImages& AutoencoderScanInputs::fooling(const std::string& attack) {
  const auto known = fooling_.find(attack);
  if (known != fooling_.end()) return known->second;
  const AttackedImages made = attacked(attack);
  ensure_same_images(place_.store.database(), key().uid(), attack, "wrong", made.sha256);
  return fooling_.emplace(attack, judged(attack, made)).first->second;
}

FoolingImages AutoencoderScanInputs::judged(const std::string& spec, const AttackedImages& made) const {
  const std::int64_t first = options_.background + options_.clean, end = first + options_.attacked;
  const torch::Tensor labels = data_.labels.slice(0, first, end), before = data_.pixels(first, end);
  const AttackResult result = judge(*classifier_, before, made.images, Goal::away_from(labels), place_.threads);
  const torch::Tensor right = predict(*classifier_, before, place_.threads) == labels;
  const torch::Tensor sources = torch::arange(first, end);
  const AdversarialSet wrong = kept_images(made, result, result.success, options_.attacked, sources);
  const AdversarialSet fooled =
      kept_images(made, result, result.success & right, right.sum().item<std::int64_t>(), sources);
  const auto row = [&](const char* kept, const AdversarialSet& set) {
    return attack_set_row(*classifier_, data_, spec, kept, set);
  };
  FoolingImages found{made.images.index_select(0, wrong.rows), {spec, "wrong", {}}, {spec, "fooled", {}},
                      {row("wrong", wrong), row("fooled", fooled)},
                      artifact_row(made.file, made.sha256, "adversarial images")};
  for (const std::size_t source : wrong.sources) {
    const PoolInput input{found.wrong.inputs.size(), source};
    found.wrong.inputs.push_back(input);
    if (right[static_cast<std::int64_t>(source) - first].item<bool>()) found.fooled.inputs.push_back(input);
  }
  return found;
}

/// Puts the images that are classified wrong after each attack beside the clean ones.
void AutoencoderScanInputs::put_together() {
  std::vector<torch::Tensor> parts{data_.pixels(options_.background, options_.background + options_.clean)};
  auto row = static_cast<std::size_t>(options_.clean);
  for (const std::string& attack : options_.attack_list()) {
    const FoolingImages& found = fooling(attack);
    parts.push_back(found.images);
    for (const AnomalousImages* images : {&found.wrong, &found.fooled}) {
      if (!images->inputs.empty()) anomalous_.push_back(from_row(*images, row));
    }
    row += found.wrong.inputs.size();
  }
  ensure(!anomalous_.empty(), "attacks: expected images that are classified wrong after one of them, found none "
         "of {}; raise epsilon", options_.attacked);
  fooling_.clear();
  evaluation_images_ = torch::cat(parts);
}

const torch::Tensor& AutoencoderScanInputs::evaluation_images() {
  if (!evaluation_images_.defined()) put_together();
  return evaluation_images_;
}

const std::vector<AnomalousImages>& AutoencoderScanInputs::anomalous() {
  if (anomalous_.empty()) put_together();
  return anomalous_;
}

/// Consecutive layers that are held in memory together.
std::vector<std::vector<std::string>> AutoencoderScanInputs::layer_blocks() const {
  std::vector<std::vector<std::string>> blocks;
  std::int64_t room = 0;
  for (const std::string& layer : layers()) {
    const std::int64_t nodes = nodes_of(shapes_.at(layer));
    if (blocks.empty() || nodes > room) {
      blocks.emplace_back();
      room = kNodesAtOnce;
    }
    blocks.back().push_back(layer);
    room -= nodes;
  }
  return blocks;
}

Inputs AutoencoderScanInputs::inputs(const torch::Tensor& images, const std::string& what) const {
  Inputs inputs(*autoencoder_, images, "activations, " + what, place_.progress, place_.threads);
  inputs.predict(predict(*classifier_, images, place_.threads));
  return inputs;
}

void AutoencoderScanInputs::pass_images(const std::vector<std::string>& block) {
  if (!background_) {
    background_ = inputs(data_.pixels(0, options_.background), "background");
    evaluation_ = inputs(evaluation_images(), "evaluation");
  }
  std::set<Feature> features;
  for (const std::string& layer : block) features.insert({layer});
  for (Inputs* inputs : {&*background_, &*evaluation_}) {
    inputs->release_features();
    inputs->require(features);
  }
}

const ScannedLayer& AutoencoderScanInputs::layer(const std::string& name) {
  if (layer_.name == name) return layer_;
  layer_ = {};
  if (!background_ || !background_->has({name})) {
    const auto blocks = layer_blocks();
    pass_images(*std::find_if(blocks.begin(), blocks.end(), [&](const auto& block) {
      return std::find(block.begin(), block.end(), name) != block.end();
    }));
  }
  const auto detector = make_group_detector(Spec::parse(options_.detector));
  detector->read({name});
  detector->fit({*background_}, Seed(place_.seed).child("detector"), place_.threads);
  background_->release({name});
  for (const std::string& doubt : detector->doubts()) {
    if (place_.warn) place_.warn("the detector: " + doubt);
  }
  ScannedLayer found{
      name, evaluation_->feature({name}), nullptr, {static_cast<std::size_t>(evaluation_->size()), {}, 0}};
  found.pool = detector->admit(*evaluation_, place_.threads, name == Autoencoder::kError ? &found.ranks : nullptr);
  evaluation_->release({name});
  return layer_ = std::move(found);
}

}  // namespace deepmine
