#include "experiments/autoencoder_scan_measurement.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "experiments/attack_rows.h"
#include "experiments/autoencoder_scan_checks.h"
#include "experiments/autoencoder_scan_figures.h"
#include "experiments/autoencoder_scan_units.h"
#include "experiments/model_rows.h"
#include "experiments/node_p_values.h"
#include "experiments/pool_scans.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"
#include "framework/scan/p_values.h"

namespace deepmine {
namespace {

using Units = AutoencoderScanUnits;

/// Bounds the memory: float32 activations of some 10,000 inputs are held for so many nodes.
constexpr std::int64_t kNodesAtOnce = 13000;

std::int64_t nodes_of(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

void add_classes(const torch::Tensor& predicted, std::vector<std::int64_t>& classes) {
  const torch::Tensor whole = predicted.contiguous();
  const std::int64_t* begin = whole.data_ptr<std::int64_t>();
  classes.insert(classes.end(), begin, begin + whole.numel());
}

std::string short_name(const std::string& attack) {
  const Spec spec = Spec::parse(attack);
  return spec.name + (spec.values.at("clip") == "none" ? " unclipped" : "");
}

}  // namespace

AutoencoderScanMeasurement::AutoencoderScanMeasurement(const AutoencoderScanOptions& options,
                                                       Workplace& place)
    : options_(options),
      place_(place),
      seed_(Seed(place.seed).child("autoencoder-scan")),
      data_(load_labelled(options.dataset, Part::kTest, DataFolders(place.data), "autoencoder-scan")),
      autoencoder_(load_autoencoder(options.autoencoder_model())),
      classifier_(load_classifier(options.classifier_model())) {
  ensure(options_.background + options_.clean + options_.attacked <= data_.size(),
         "expected background + clean + attacked to be at most {}, the test images of {}, found {} + {} "
         "+ {}", data_.size(), data_.name, options_.background, options_.clean, options_.attacked);
  check_trained_on(*classifier_, data_.name, "classifier");
  check_trained_on(*autoencoder_, data_.name, "autoencoder");
  options_.layer_list(autoencoder_->layers());
  shapes_ = layer_shapes(*autoencoder_, data_.pixels(0, 1));
  check_detector();
  const torch::Tensor images = data_.pixels(0, std::min<std::int64_t>(data_.size(), Doubts::kImages));
  doubts_.look_at(*classifier_, images, "classifier");
  doubts_.look_at(*autoencoder_, images, "autoencoder");
  for (const std::string& spec : options_.attack_list()) doubts_.look_at(spec, images);
  doubts_.tell(place_);
}

/// The detector tries itself on two inputs of every layer: what is wrong with it is told before the
/// attacks.
void AutoencoderScanMeasurement::check_detector() const {
  for (const std::string& layer : options_.layer_list(autoencoder_->layers())) {
    const Activations sample(2, static_cast<std::size_t>(nodes_of(shapes_.at(layer))));
    const auto detector = Registry<Detector>::instance().make(Spec::parse(options_.detector));
    detector->check(static_cast<std::size_t>(options_.background));
    detector->fit(watched(sample, {0, 0}, layer), 1);
    detector->admit(watched(sample, {0, 0}, layer), 1);
  }
}

RunKey AutoencoderScanMeasurement::key() const {
  auto parameters = options_.canonical();
  parameters["dataset"] = data_.name;
  parameters["layers"] = fmt::format("{}", fmt::join(options_.layer_list(autoencoder_->layers()), "+"));
  return {"autoencoder-scan", place_.profile, parameters, place_.seed,
          {{"dataset", data_.sha256},
           {"autoencoder", autoencoder_->sha256()},
           {"classifier", classifier_->sha256()}},
          place_.provenance.code_version};
}

/// In an order that stays.
std::vector<std::string> AutoencoderScanMeasurement::units() const {
  std::vector<std::string> names;
  for (const std::string& spec : options_.attack_list()) names.push_back(Units::attack(spec));
  for (const std::string& layer : options_.layer_list(autoencoder_->layers())) {
    for (std::string& unit : Units::of(layer)) names.push_back(std::move(unit));
  }
  return names;
}

std::string AutoencoderScanMeasurement::run() {
  Run run = place_.store.begin_run(key(), place_.provenance, place_.threads, place_.command, place_.share);
  if (run.finished()) return run.uid();
  run.execute([&] {
    if (run.wants_any(units())) measure(run);
    if (run.share().whole()) conclude_autoencoder_scan(run, place_.store.database(), place_.seed);
  });
  return run.uid();
}

void AutoencoderScanMeasurement::measure(Run& run) {
  ensure_memory(memory(), "lower background, clean or attacked, or give it a machine or job with more");
  write_inputs(run);
  attack(run);
  const torch::Tensor background = data_.pixels(0, options_.background);
  add_classes(predict(*classifier_, background), background_predicted_);
  add_classes(predict(*classifier_, evaluation_images_), evaluation_predicted_);
  for (const std::vector<std::string>& block : layer_blocks()) {
    if (std::none_of(block.begin(), block.end(), [&](auto& layer) { return run.wants_any(Units::of(layer)); })) continue;
    const auto images = static_cast<std::size_t>(background.size(0) + evaluation_images_.size(0));
    place_.progress.begin("activations, " + block.front() +
                              (block.size() > 1 ? " to " + block.back() : std::string()), images);
    auto usual = extract_activations(*autoencoder_, background, block, place_.progress);
    auto watched = extract_activations(*autoencoder_, evaluation_images_, block, place_.progress);
    place_.progress.end();
    for (const std::string& layer : block) {
      scan_layer(run, layer, usual.at(layer), watched.at(layer));
      usual.erase(layer);
      watched.erase(layer);
    }
  }
}

void AutoencoderScanMeasurement::write_inputs(Run& run) const {
  if (run.unit_done("inputs")) return;
  run.write_unit("inputs", [&](UnitWriter& writer) {
    writer.add(DatasetRow{data_.sha256, data_.name, std::string(name_of(data_.part)), data_.size()});
    writer.add(model_row(*autoencoder_));
    writer.add(model_row(*classifier_));
    doubts_.write(writer);
  });
}

AttackedImages AutoencoderScanMeasurement::attacked(const std::string& spec) const {
  const std::int64_t begin = options_.background + options_.clean, end = begin + options_.attacked;
  const std::string made_by = fmt::format("{} {} {} threads", place_.provenance.code_version,
                                          place_.provenance.libraries.at("libtorch"), place_.threads);
  const Goal goal = Goal::away_from(predict(*classifier_, data_.pixels(begin, end)));
  place_.progress.begin("attack " + short_name(spec), static_cast<std::size_t>(options_.attacked));
  AttackedImages made = attacked_images(*classifier_, data_, {spec, begin, end, {}, made_by},
                                        torch::arange(options_.attacked), goal, place_.artifacts, place_.progress);
  place_.progress.end();
  return made;
}

void AutoencoderScanMeasurement::attack(Run& run) {
  const std::int64_t clean_end = options_.background + options_.clean;
  for (std::int64_t i = options_.background; i < clean_end; ++i) {
    clean_.push_back({clean_.size(), static_cast<std::size_t>(i)});
  }
  evaluation_images_ = data_.pixels(options_.background, clean_end);
  for (const std::string& spec : options_.attack_list()) {  // ours first: others make theirs meanwhile
    if (!run.share().whole() && run.wants(Units::attack(spec))) attacked(spec);
  }
  for (const std::string& spec : options_.attack_list()) {
    const AttackedImages made = attacked(spec);
    ensure_same_images(place_.store.database(), run, spec, "wrong", made.sha256);
    keep_noised(run, spec, made);
  }
  ensure(!noised_.empty(), "attacks: expected images that are classified wrong after one of them, found none "
         "of {}; raise epsilon", options_.attacked);
}

/// Puts the images that are classified wrong after the attack beside the clean ones.
void AutoencoderScanMeasurement::keep_noised(Run& run, const std::string& spec,
                                             const AttackedImages& made) {
  const std::int64_t first = options_.background + options_.clean;
  const torch::Tensor labels = data_.labels.slice(0, first, first + options_.attacked);
  const torch::Tensor before = data_.pixels(first, first + options_.attacked);
  const AttackResult result = judge(*classifier_, before, made.images, Goal::away_from(labels));
  const torch::Tensor right_before = predict(*classifier_, before) == labels;
  const torch::Tensor wrong = result.success.nonzero().squeeze(1);
  auto row = static_cast<std::size_t>(evaluation_images_.size(0));
  evaluation_images_ = torch::cat({evaluation_images_, made.images.index_select(0, wrong)});
  NoisedImages all{spec, "wrong", {}}, fooled{spec, "fooled", {}};
  for (std::int64_t i = 0; i < wrong.size(0); ++i, ++row) {
    const auto image = wrong[i].item<std::int64_t>();
    const PoolInput input{row, static_cast<std::size_t>(first + image)};
    all.inputs.push_back(input);
    if (right_before[image].item<bool>()) fooled.inputs.push_back(input);
  }
  const auto attack_set = [&](const NoisedImages& pool, const torch::Tensor& kept, std::int64_t candidates) {
    const auto count = static_cast<std::int64_t>(pool.inputs.size());
    const auto mean = [&](const torch::Tensor& distance) -> std::optional<double> {
      if (count == 0) return std::nullopt;
      return distance.index_select(0, kept).mean().item<double>();
    };
    return AttackSetRow{classifier_->sha256(), data_.sha256, spec, pool.kept, candidates, count,
                        candidates > 0 ? static_cast<double>(count) / static_cast<double>(candidates) : 0,
                        mean(result.l2), mean(result.linf), made.sha256};
  };
  const torch::Tensor newly = (result.success & right_before).nonzero().squeeze(1);
  const auto write = [&](UnitWriter& writer) {
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(made.file));
    writer.add(ArtifactRow{made.sha256, "adversarial images", bytes, made.file.filename().string()});
    writer.add(attack_set(all, wrong, options_.attacked));
    writer.add(attack_set(fooled, newly, right_before.sum().item<std::int64_t>()));
  };
  if (run.wants(Units::attack(spec))) run.write_unit(Units::attack(spec), write);
  if (!all.inputs.empty()) noised_.push_back(std::move(all));
  if (!fooled.inputs.empty()) noised_.push_back(std::move(fooled));
}

/// Consecutive layers that are held in memory together.
std::vector<std::vector<std::string>> AutoencoderScanMeasurement::layer_blocks() const {
  std::vector<std::vector<std::string>> blocks;
  std::int64_t room = 0;
  for (const std::string& layer : options_.layer_list(autoencoder_->layers())) {
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

WatchedInputs AutoencoderScanMeasurement::watched(const Activations& activations,
                                                  const Classes& predicted,
                                                  const std::string& layer) const {
  const auto& shape = shapes_.at(layer);
  const std::size_t channel = shape.size() == 3 ? static_cast<std::size_t>(shape[1] * shape[2]) : 0;
  return {activations, predicted, channel, {activations.cols()}};
}

void AutoencoderScanMeasurement::scan_layer(Run& run, const std::string& layer,
                                            const Activations& background,
                                            const Activations& evaluation) {
  if (!run.wants_any(Units::of(layer))) return;
  throw_if_interrupted();
  const auto threads = static_cast<std::size_t>(place_.threads);
  const auto detector = Registry<Detector>::instance().make(Spec::parse(options_.detector));
  detector->fit(watched(background, background_predicted_, layer), threads);
  for (const std::string& doubt : detector->doubts()) {
    if (place_.warn) place_.warn("the detector: " + doubt);
  }
  const auto pool = detector->admit(watched(evaluation, evaluation_predicted_, layer), threads);
  if (layer == Autoencoder::kError) {
    write_error_baselines(run, evaluation, clean_, noised_);
    keep_examples(run, background, evaluation);
    const NoisedImages& noised = noised_.front();
    const std::size_t cols = evaluation.cols(), first = noised.inputs.front().row;
    keep_node_p_values(run, background, {evaluation.data(), clean_.size(), cols},
                       {evaluation.row(first), noised.inputs.size(), cols}, place_.artifacts, place_.threads);
  }
  scan_alone(run, layer, *pool);
  scan_sets_of(run, layer, *pool);
}

void AutoencoderScanMeasurement::scan_alone(Run& run, const std::string& layer,
                                            const ScoringPool& pool) {
  if (!run.wants(Units::alone(layer))) return;
  const ScanCell alone = individual_cell(Spec::parse(options_.detector).name, layer);
  const auto clean = scan_each(pool, clean_, false, place_.threads);
  std::vector<std::vector<ScanRow>> noised;
  for (const NoisedImages& kept : noised_) noised.push_back(scan_each(pool, kept.inputs, true, place_.threads));
  run.write_unit(Units::alone(layer), [&](UnitWriter& writer) {
    const auto id = writer.cell(alone);
    for (const ScanRow& row : clean) writer.add(id, row);
    for (std::size_t i = 0; i < noised.size(); ++i) {
      ScanCell cell = alone;
      cell.attack = noised_[i].attack;
      cell.target = noised_[i].kept;
      cell.n_noised = 1;
      const auto noised_id = writer.cell(cell);
      for (const ScanRow& row : noised[i]) writer.add(noised_id, row);
    }
  });
}

/// Some noised images with their errors and the pixels that the scan finds, for a figure.
void AutoencoderScanMeasurement::keep_examples(Run& run, const Activations& background,
                                               const Activations& errors) const {
  if (!run.wants(Units::kExamples)) return;
  constexpr std::size_t kExamples = 6;
  const std::vector<PoolInput>& inputs = noised_.back().inputs;
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < std::min(kExamples, inputs.size()); ++i) {
    rows.push_back(static_cast<std::int64_t>(inputs[i].row));
  }
  const SortedBackground<float> sorted(background, static_cast<std::size_t>(place_.threads));
  const auto file = example_file(place_.artifacts, run.uid());
  write_examples(file, evaluation_images_, errors, sorted, rows);
  run.write_unit(Units::kExamples, [&](UnitWriter& writer) {
    writer.add(ArtifactRow{sha256_of_file(file), "reconstruction errors",
                           static_cast<std::int64_t>(std::filesystem::file_size(file)), file.filename().string()});
  });
}

}  // namespace deepmine
