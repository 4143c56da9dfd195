#include "framework/evaluate/single_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/perturbed.h"
#include "framework/detect/rows.h"
#include "framework/evaluate/result_sources.h"
#include "framework/model/pass_memory.h"

namespace deepmine {
namespace {

constexpr std::int64_t kUnitImages = 1000;

/// What is known of the images `begin` to `end` of a set before they are classified.
InputSetRow rows_of(const SingleSet& set, std::int64_t begin, std::int64_t end) {
  InputSetRow row{set.name, set.kind, set.data.name};
  row.first = begin;
  row.n = set.size();
  for (std::int64_t source = set.first + begin; source < set.first + end; ++source) {
    InputRow input{source};
    if (set.data.labelled() && set.kind == "clean") input.label = set.data.labels[source].item<std::int64_t>();
    row.inputs.push_back(input);
  }
  return row;
}

}  // namespace

std::unique_ptr<Detector> make_single_detector(const Spec& spec) {
  auto detector = Registry<Detector>::instance().make(spec);
  ensure(dynamic_cast<const GroupDetector*>(detector.get()) == nullptr,
         "detector: expected one of single inputs, found {}, which scores groups; name another, see deepmine list "
         "detectors",
         spec.name);
  return detector;
}

SingleScores::SingleScores(Classifier& classifier, const std::string& detector, std::vector<SingleSet> sets,
                           Learn learn, Seed seed, const Workplace& place)
    : classifier_(classifier),
      detector_(make_single_detector(Spec::parse(detector))),
      canonical_(Registry<Detector>::instance().canonical(Spec::parse(detector))),
      sets_(std::move(sets)),
      learn_(std::move(learn)),
      seed_(seed),
      place_(place) {
  const std::set<Feature> features = detector_->features();
  if (features.size() == 1) layer_ = features.begin()->layer;
  for (const SingleSet& set : sets_) {
    torch::NoGradGuard no_gradient;
    classifier_.logits(set.pixels(0, 1));
  }
  for (const Feature& feature : features) classifier_.check_layers({feature.layer});
  if (!detector_->learns()) detector_->score(Inputs(classifier_, sets_.front().pixels(0, 1)), 1);
}

std::vector<Unit> SingleScores::units() {
  std::vector<Unit> units;
  for (const SingleSet& set : sets_) {
    for (std::int64_t begin = 0; begin < set.size(); begin += kUnitImages) {
      const std::int64_t end = std::min(begin + kUnitImages, set.size());
      units.push_back({fmt::format("scores / {} / {} to {}", set.name, begin, end - 1),
                       [this, &set, begin, end] { return score(set, begin, end); }});
    }
  }
  return units;
}

Write SingleScores::score(const SingleSet& set, std::int64_t begin, std::int64_t end) {
  ScoredImages scored{rows_of(set, begin, end), {}};
  score_into(scored, set.pixels(begin, end), fmt::format("{}, {} to {} of {}", set.name, begin, end - 1, set.size()));
  return writing(std::move(scored));
}

ScoredImages SingleScores::score(InputSetRow row, const torch::Tensor& images) {
  ScoredImages scored{std::move(row), {}};
  const std::int64_t size = images.size(0);
  for (std::int64_t begin = 0; begin < size; begin += kUnitImages) {
    const std::int64_t end = std::min(begin + kUnitImages, size);
    score_into(scored, images.slice(0, begin, end),
               fmt::format("{}, {} to {} of {}", scored.row.name, begin, end - 1, size));
  }
  return scored;
}

/// Of the next images, of which none has scores yet.
void SingleScores::score_into(ScoredImages& scored, const torch::Tensor& images, const std::string& what) {
  const Detector& detector = fitted();
  Inputs inputs(classifier_, images, what, place_.progress, place_.threads);
  keep(inputs);
  if (!detector.features().empty()) inputs.require(detector.features());
  Scores scores = detector.score(inputs, place_.threads);
  scores.parts[""] = std::move(scores.values);
  std::size_t item = scored.parts[""].size();
  for (const std::int64_t one : numbers_of<std::int64_t>(inputs.predicted()))
    scored.row.inputs.at(item++).predicted = one;
  for (const auto& [part, values] : scores.parts) {
    std::vector<double>& all = scored.parts[part];
    all.insert(all.end(), values.begin(), values.end());
  }
}

Write SingleScores::writing(ScoredImages scored) const {
  return [scored = std::move(scored), canonical = canonical_, layer = layer_](UnitWriter& writer) {
    const std::int64_t number = writer.input_set(scored.row);
    for (const auto& [part, values] : scored.parts) {
      writer.add_scores(writer.cell(number, {canonical, layer, part}), values, scored.row.first);
    }
  };
}

const Detector& SingleScores::fitted() {
  if (!is_fitted_ && detector_->learns()) {
    const auto other = [](const std::optional<Inputs>& inputs) { return inputs ? &*inputs : nullptr; };
    const Learning learning = learn_();
    for (const Inputs* inputs : {&learning.clean, other(learning.adversarial), other(learning.noisy)}) {
      if (inputs != nullptr && !detector_->features().empty()) inputs->require(detector_->features());
    }
    detector_->fit({learning.clean, other(learning.adversarial), other(learning.noisy)}, seed_, place_.threads);
    for (const std::string& doubt : detector_->doubts()) {
      if (place_.warn) place_.warn("the detector: " + doubt);
    }
  }
  is_fitted_ = true;
  return *detector_;
}

void SingleScores::keep(Inputs& inputs) const {
  const torch::Tensor image = sets_.front().pixels(0, 1);
  if ((!place_.keep_activations && place_.share.whole()) || feature_values(image) > image.numel()) return;
  inputs.keep_in(place_.artifacts, made_by(activation_sources(classifier_), place_));
}

/// How many values of an image the detector asks for, float32.
std::int64_t SingleScores::feature_values(const torch::Tensor& image) const {
  std::int64_t values = 0;
  for (const Feature& feature : detector_->features()) {
    const std::vector<std::int64_t> shape = layer_shapes(classifier_, image, {feature.layer}).at(feature.layer);
    const bool pooled = feature.pooling != Pooling::kNone && shape.size() > 1;
    values += pooled ? shape[0] : std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  return values;
}

std::uint64_t SingleScores::memory(std::int64_t fitted) const {
  const torch::Tensor image = sets_.front().pixels(0, 1);
  const std::int64_t values = image.numel() + 3 * feature_values(image);  // and once more as a detector takes it in
  const std::uint64_t input = static_cast<std::uint64_t>(values) * sizeof(float);
  const std::int64_t rows = detector_->learns() ? std::max(fitted, kUnitImages) : kUnitImages;
  return held_memory() + scoring_memory(classifier_, image, rows, place_.threads) +
         2 * static_cast<std::uint64_t>(rows) * input;
}

}  // namespace deepmine
