#include "framework/detect/group_detector.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "framework/core/error.h"
#include "framework/detect/rows.h"

namespace deepmine {
namespace {

using Shape = std::vector<std::int64_t>;

NodeLayout layout_of(const std::vector<Shape>& shapes) {
  NodeLayout layout;
  std::set<std::size_t> channels;
  for (const Shape& shape : shapes) {
    channels.insert(shape.size() == 3 ? static_cast<std::size_t>(shape[1] * shape[2]) : 0);
    layout.layers.push_back(
        static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
  }
  if (channels.size() == 1) layout.channel = *channels.begin();
  return layout;
}

}  // namespace

NodeLayout GroupDetector::layout(Model& model, const torch::Tensor& image) const {
  ensure(std::set<std::string>(layers_.begin(), layers_.end()).size() == layers_.size() && !layers_.empty(),
         "layer: expected one or more, each once, found {}", fmt::join(layers_, "+"));
  const LayerShapes known = layer_shapes(model, image, layers_);
  std::vector<Shape> shapes;
  for (const std::string& layer : layers_) shapes.push_back(known.at(layer));
  return layout_of(shapes);
}

std::set<Feature> GroupDetector::features() const {
  std::set<Feature> features;
  for (const std::string& layer : layers_) features.insert({layer});
  return features;
}

GroupDetector::Rows GroupDetector::rows_of(const Inputs& inputs) const {
  ensure(!layers_.empty() || inputs.are_values(), "expected --layer, whose activations are scanned; found none");
  inputs.require(features());
  const std::vector<std::string> layers = inputs.are_values() ? std::vector<std::string>{""} : layers_;
  std::vector<torch::Tensor> nodes;
  std::vector<Shape> shapes;
  for (const std::string& layer : layers) {
    nodes.push_back(inputs.feature({layer}).to(torch::kFloat32));
    shapes.push_back(inputs.shape(layer));
  }
  const torch::Tensor beside = nodes.size() == 1 ? nodes.front().contiguous() : torch::cat(nodes, 1);
  return {beside, numbers_of<std::int64_t>(inputs.predicted()), layout_of(shapes)};
}

Scores GroupDetector::score(const Inputs& inputs, int threads) const {
  const auto pool = admit(inputs, threads);
  Scores scores;
  for (std::size_t row = 0; row < static_cast<std::size_t>(inputs.size()); ++row) {
    scores.values.push_back(pool->score_alone(row).score);
  }
  return scores;
}

std::unique_ptr<GroupDetector> make_group_detector(const Spec& spec) {
  std::unique_ptr<Detector> detector = Registry<Detector>::instance().make(spec);
  auto* of_groups = dynamic_cast<GroupDetector*>(detector.get());
  ensure(of_groups != nullptr,
         "detector: expected one that scores groups, subset-scan say, found {}; it scores single inputs", spec.name);
  detector.release();
  return std::unique_ptr<GroupDetector>(of_groups);
}

}  // namespace deepmine
