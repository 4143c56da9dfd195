#include "framework/detect/hidden_layers.h"

#include "framework/activation/weighted_layers.h"
#include "framework/core/error.h"

namespace deepmine {

void HiddenLayers::describe(Fields& fields, const std::string& source) {
  fields.add({"layers", &layers, "", "layers with + between them, or all: convolutions and dense layers but the last",
              source});
  fields.add({"units", &units, "", "of all layers: rectified where a rectifier follows at once, else as the layer "
              "gives them; raw as it gives them, where the model shows that", "ours; the paper does not say", {},
              {"rectified", "raw"}});
}

std::vector<ReadLayer> HiddenLayers::named(Pooling pooling) const {
  return all() ? std::vector<ReadLayer>() : read_layers(layers, pooling);
}

std::vector<ReadLayer> HiddenLayers::of(const Inputs& inputs, Pooling pooling) const {
  if (!all()) {
    std::vector<ReadLayer> result = named(pooling);
    ensure_layers_known(result, inputs);
    return result;
  }
  if (inputs.are_values()) return {{"values", pooling}};
  std::vector<WeightedLayer> found = weighted_layers(inputs.model(), inputs.images().sizes().slice(1));
  ensure(found.size() >= 2,
         "layers: expected a model that shows convolutions or dense layers before its last, found {} of them in {}; "
         "name layers, see deepmine activations --layers",
         found.size(), inputs.model().name());
  found.pop_back();
  std::vector<ReadLayer> result;
  for (const WeightedLayer& layer : found) {
    const bool second = (units == "rectified" && !layer.rectified.empty()) || layer.raw.empty();
    result.push_back({second ? layer.rectified : layer.raw, pooling});
  }
  return result;
}

}  // namespace deepmine
