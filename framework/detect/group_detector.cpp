#include "framework/detect/group_detector.h"

#include <utility>

#include "framework/core/error.h"
#include "framework/detect/rows.h"

namespace deepmine {
namespace {

/// Inputs as detectors of groups are told of them, with what the views in it refer to.
struct Told {
  torch::Tensor activations;
  WatchedInputs watched;
};

/// Nodes of a channel of the layer, 0 where it has none or nothing is known of it.
std::size_t channel_nodes(const Inputs& inputs, const std::string& layer) {
  if (!inputs.has_images()) return 0;
  const auto shape = layer_shapes(inputs.model(), inputs.images().slice(0, 0, 1), {layer}).at(layer);
  return shape.size() == 3 ? static_cast<std::size_t>(shape[1] * shape[2]) : 0;
}

Told told(const Inputs& inputs, const std::string& layer) {
  ensure(!layer.empty() || !inputs.has_images(), "expected --layer, whose activations are scanned; found none");
  const torch::Tensor activations = inputs.feature({layer}).to(torch::kFloat32).contiguous();
  const MatrixView<float> view = view_of<float>(activations);
  return {activations, {view, numbers_of<std::int64_t>(inputs.predicted()), channel_nodes(inputs, layer), {view.cols()}}};
}

}  // namespace

void GroupDetector::fit(const FitData& data, Seed seed, int threads) {
  static_cast<void>(seed);
  check(static_cast<std::size_t>(data.clean.size()));
  fit(told(data.clean, layer_).watched, static_cast<std::size_t>(threads));
}

Scores GroupDetector::score(const Inputs& inputs, int threads) const {
  const Told evaluation = told(inputs, layer_);
  const auto pool = admit(evaluation.watched, static_cast<std::size_t>(threads));
  Scores scores;
  for (std::size_t row = 0; row < evaluation.watched.activations.rows(); ++row) {
    scores.values.push_back(pool->score_alone(row).score);
  }
  return scores;
}

std::unique_ptr<GroupDetector> make_group_detector(const Spec& spec) {
  std::unique_ptr<Detector> detector = Registry<Detector>::instance().make(spec);
  auto* of_groups = dynamic_cast<GroupDetector*>(detector.get());
  ensure(of_groups != nullptr, "detector: expected one that scores groups, subset-scan say, found {}; it scores single inputs",
         spec.name);
  detector.release();
  return std::unique_ptr<GroupDetector>(of_groups);
}

}  // namespace deepmine
