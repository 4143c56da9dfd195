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
#include "framework/model/pass_memory.h"

namespace deepmine {
namespace {

constexpr std::int64_t kUnitImages = 1000;

/// What is known of the images from item `begin` of a set on.
InputSetRow rows_of(const SingleSet& set, std::int64_t begin, const std::vector<std::int64_t>& predicted) {
  InputSetRow row{set.name, set.kind, set.data.name};
  row.first = begin;
  row.n = set.size();
  std::int64_t source = set.first + begin;
  for (const std::int64_t one : predicted) {
    InputRow input{source, {}, one};
    if (set.data.labelled() && set.kind == "clean") input.label = set.data.labels[source].item<std::int64_t>();
    row.inputs.push_back(input);
    ++source;
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
  ensure(!detector->needs().adversarial,
         "detector: expected one that learns from clean images alone, found {}, which needs adversarial "
         "ones; see deepmine detect",
         spec.name);
  return detector;
}

SingleScores::SingleScores(Classifier& classifier, const std::string& detector, std::vector<SingleSet> sets,
                           Clean clean, Seed seed, const Workplace& place)
    : classifier_(classifier),
      detector_(make_single_detector(Spec::parse(detector))),
      canonical_(Registry<Detector>::instance().canonical(Spec::parse(detector))),
      sets_(std::move(sets)),
      clean_(std::move(clean)),
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
  const Detector& detector = fitted();
  const Inputs inputs(classifier_, set.pixels(begin, end),
                      fmt::format("{}, {} to {} of {}", set.name, begin, end - 1, set.size()), place_.progress,
                      place_.threads);
  if (!detector.features().empty()) inputs.require(detector.features());
  Scores scores = detector.score(inputs, place_.threads);
  scores.parts[""] = std::move(scores.values);
  const InputSetRow row = rows_of(set, begin, numbers_of<std::int64_t>(inputs.predicted()));
  return [row, scores = std::move(scores.parts), canonical = canonical_, layer = layer_](UnitWriter& writer) {
    const std::int64_t number = writer.input_set(row);
    for (const auto& [part, values] : scores) {
      writer.add_scores(writer.cell(number, {canonical, layer, part}), values, row.first);
    }
  };
}

const Detector& SingleScores::fitted() {
  if (!is_fitted_ && detector_->learns()) detector_->fit({clean_()}, seed_, place_.threads);
  is_fitted_ = true;
  return *detector_;
}

std::uint64_t SingleScores::memory(std::int64_t fitted) const {
  const torch::Tensor image = sets_.front().pixels(0, 1);
  std::int64_t values = image.numel();  // float32, and once more as a detector takes it in
  for (const Feature& feature : detector_->features()) {
    const std::vector<std::int64_t> shape = layer_shapes(classifier_, image, {feature.layer}).at(feature.layer);
    const bool pooled = feature.pooling != Pooling::kNone && shape.size() > 1;
    values +=
        3 * (pooled ? shape[0] : std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
  }
  const std::uint64_t input = static_cast<std::uint64_t>(values) * sizeof(float);
  const std::int64_t rows = detector_->learns() ? std::max(fitted, kUnitImages) : kUnitImages;
  return held_memory() + scoring_memory(classifier_, image, rows, place_.threads) +
         2 * static_cast<std::uint64_t>(rows) * input;
}

}  // namespace deepmine
