#include "framework/detect/read_layer.h"

#include <sstream>

#include "framework/core/error.h"

namespace deepmine {

std::set<Feature> ReadLayer::features() const {
  if (name == kLogits || name == kInput) return {};
  return {{name, pooling}};
}

torch::Tensor ReadLayer::values(const Inputs& inputs) const {
  if (inputs.are_values()) return inputs.feature({name, pooling}).contiguous();
  if (name == kLogits) return inputs.logits().contiguous();
  return (name == kInput ? inputs.images().flatten(1) : inputs.feature({name, pooling})).contiguous();
}

std::vector<ReadLayer> read_layers(const std::string& list, Pooling pooling) {
  std::vector<ReadLayer> layers;
  std::set<std::string> seen;
  std::istringstream names(list + "+");  // so that an empty last name is seen
  for (std::string name; std::getline(names, name, '+');) {
    ensure(!name.empty() && seen.insert(name).second,
           "layers: expected names with + between them, each once, found \"{}\"", list);
    layers.push_back({name, pooling});
  }
  return layers;
}

std::set<Feature> features_of(const std::vector<ReadLayer>& layers) {
  std::set<Feature> features;
  for (const ReadLayer& layer : layers) features.merge(layer.features());
  return features;
}

void ensure_layers_known(const std::vector<ReadLayer>& layers, const Inputs& inputs) {
  ensure(layers.size() == 1 || !inputs.are_values(),
         "layers: expected a model and its images, whose {} layers are read, found "
         "values of one; give images, or name one layer",
         layers.size());
}

}  // namespace deepmine
