#include "framework/activation/weighted_layers.h"

#include <catch2/catch.hpp>

#include "framework/activation/activations.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

using Names = std::vector<std::string>;

/// "raw/rectified" of each.
Names layers_of(Model& model, at::IntArrayRef sizes) {
  Names names;
  for (const WeightedLayer& layer : weighted_layers(model, sizes)) names.push_back(layer.raw + "/" + layer.rectified);
  return names;
}

Names layers_of(const char* network, at::IntArrayRef sizes) {
  return layers_of(*classifier_of(make_network(Spec::parse(network), Seed(2))), sizes);
}

TEST_CASE("weighted layers are convolutions and dense layers in order, with the rectifiers that follow at once") {
  CHECK(layers_of("lenet", {1, 28, 28}) ==
        Names{"conv1/relu1", "conv2/relu2", "fc1/relu3", "fc2/relu4", "logits/"});
  // This one rectifies in place.
  CHECK(layers_of("cnn", {1, 28, 28}) == Names{"/conv2d_1", "/conv2d_2", "/dense_1", "logits/"});
  CHECK(layers_of("carlini-mnist", {1, 28, 28}) == Names{"conv1/relu1", "conv2/relu2", "conv3/relu3", "conv4/relu4",
                                                         "fc1/relu5", "fc2/relu6", "logits/"});
}

TEST_CASE("a normalisation between a convolution and its rectifier leaves the convolution alone") {
  const Names names = layers_of("resnet:depth=8,channels=1,size=8,classes=4", {1, 8, 8});
  CHECK(names.size() == 10);  // 7, two shortcuts and the dense layer
  CHECK(names.front() == "stem.conv/");
  CHECK(names.back() == "logits/");
}

TEST_CASE("DenseNet-BC-100-12 has the 3162 channels that relevant-neurons counts") {
  const auto classifier = classifier_of(make_network(Spec::parse("densenet:depth=100,growth=12"), Seed(2)));
  const std::vector<WeightedLayer> found = weighted_layers(*classifier, {3, 32, 32});
  REQUIRE(found.size() == 100);
  const LayerShapes shapes = layer_shapes(*classifier, torch::zeros({1, 3, 32, 32}));
  std::int64_t channels = 0;
  for (std::size_t i = 0; i + 1 < found.size(); ++i) channels += shapes.at(found[i].raw).at(0);
  CHECK(channels == 3162);
  CHECK(found.back().raw == "logits");
}

TEST_CASE("weighted layers of a program are those that it shows") {
  const auto classifier = script_classifier();
  const Names names = layers_of(*classifier, {1, 8, 8});
  REQUIRE(names.size() == 2);
  CHECK(names.front() == "conv/relu");
}

}  // namespace
}  // namespace deepmine
