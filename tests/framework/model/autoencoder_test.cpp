#include "framework/model/autoencoder.h"

#include <catch2/catch.hpp>
#include <torch/utils.h>

#include <cmath>

#include "framework/model/adadelta.h"
#include "framework/model/classifier.h"
#include "framework/model/network.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

std::shared_ptr<Network> network(const std::string& spec) { return make_network(Spec::parse(spec), Seed(1)); }

std::int64_t parameters(const Network& network) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : network.parameters()) count += parameter.numel();
  return count;
}

/// Outputs of all layers for one image.
std::map<std::string, torch::Tensor> outputs(Model& model, const torch::Tensor& images) {
  std::map<std::string, torch::Tensor> seen;
  model.output(images, [&](std::string_view layer, const torch::Tensor& output) {
    seen[std::string(layer)] = output.detach().clone();
  });
  return seen;
}

TEST_CASE("the autoencoder and the classifier have the published numbers of parameters and nodes") {
  CHECK(parameters(*network("autoencoder")) == 4385);
  CHECK(parameters(*network("cnn")) == 225034);
  Autoencoder model(Model(network("autoencoder"), {}, {}));
  const auto seen = outputs(model, torch::rand({2, 1, 28, 28}));
  const std::map<std::string, std::int64_t> nodes{
      {"conv2d_1", 12544},    {"max_pooling2d_1", 3136}, {"conv2d_2", 1568},        {"max_pooling2d_2", 392},
      {"conv2d_3", 392},      {"max_pooling2d_3", 128},  {"up_sampling2d_1", 512},  {"conv2d_4", 128},
      {"conv2d_5", 512},      {"up_sampling2d_2", 2048}, {"conv2d_6", 3136},        {"up_sampling2d_3", 12544},
      {"conv2d_7", 784},      {"reconstruction-error", 784}};
  REQUIRE(seen.size() == nodes.size());
  for (const auto& [layer, count] : nodes) {
    INFO(layer);
    CHECK(seen.at(layer).numel() == 2 * count);
  }
  const std::vector<std::string> layers = model.layers();
  CHECK(layers.size() == nodes.size());
  CHECK(layers.back() == "reconstruction-error");
}

TEST_CASE("an odd size is pooled as if the border were repeated and up-sampling repeats") {
  Autoencoder model(Model(network("autoencoder"), {}, {}));
  const auto seen = outputs(model, torch::rand({1, 1, 28, 28}));
  const torch::Tensor before = seen.at("conv2d_3"), after = seen.at("max_pooling2d_3");  // 7 x 7 to 4 x 4
  CHECK(torch::equal(after.slice(2, 3, 4).slice(3, 3, 4), before.slice(2, 6, 7).slice(3, 6, 7)));
  CHECK(torch::equal(after.slice(2, 0, 1).slice(3, 3, 4),
                     before.slice(2, 0, 2).slice(3, 6, 7).amax({2, 3}, true)));
  CHECK(torch::equal(seen.at("up_sampling2d_1").slice(2, 1, 8, 2).slice(3, 0, 8, 2), seen.at("conv2d_4")));
}

TEST_CASE("other sizes give images of their own size, or say why not") {
  for (const char* spec : {"autoencoder:channels=3,size=32", "autoencoder:size=24", "autoencoder:size=20"}) {
    INFO(spec);
    const auto made = network(spec);
    const ImageShape shape = made->input();
    Autoencoder model(Model(made, {}, {}));
    const torch::Tensor images = torch::rand({2, shape.channels, shape.size, shape.size});
    CHECK(model.output(images).sizes() == images.sizes());
  }
  CHECK_THAT(error_text([] { network("autoencoder:size=29"); }), Catch::Contains("such as 28 or 32, found 29"));
}

TEST_CASE("the reconstruction error is the cross-entropy of each pixel") {
  const torch::Tensor x = torch::tensor({0.2F, 0.0F, 1.01F}).view({1, 1, 1, 3});
  const torch::Tensor y = torch::tensor({0.5F, 0.0F, 0.9F}).view({1, 1, 1, 3});
  const torch::Tensor error = reconstruction_error(x, y);
  CHECK(error[0][0][0][0].item<double>() == Approx(std::log(2.0)));
  CHECK(error[0][0][0][1].item<double>() == Approx(1e-7).epsilon(0.5));  // cut off, in float32
  CHECK(error[0][0][0][2].item<double>() == Approx(-(1.01 * std::log(0.9) - 0.01 * std::log(0.1))));
}

TEST_CASE("a classifier is no autoencoder and the reverse") {
  CHECK_THAT(error_text([] { Autoencoder(Model(network("cnn"), {{"network", "cnn:x=1"}}, {})); }),
             Catch::Contains("cnn:x=1: expected an autoencoder"));
  CHECK_THAT(error_text([] { Classifier(Model(network("autoencoder"), {}, {})); }),
             Catch::Contains("found an autoencoder"));
}

TEST_CASE("Adadelta takes the steps of its paper") {
  torch::Tensor weight = torch::tensor({1.0, -2.0}, torch::kFloat64).requires_grad_(true);
  Adadelta optimizer({weight}, 0.5, {0.9, 1e-6});
  // By hand, number by number.
  double x[] = {1.0, -2.0}, g2[] = {0, 0}, d2[] = {0, 0};
  for (int round = 0; round < 5; ++round) {
    optimizer.zero_grad();
    (weight * weight).sum().backward();
    optimizer.step();
    for (int i = 0; i < 2; ++i) {
      const double g = 2 * x[i];
      g2[i] = 0.9 * g2[i] + 0.1 * g * g;
      const double step = std::sqrt((d2[i] + 1e-6) / (g2[i] + 1e-6)) * g;
      d2[i] = 0.9 * d2[i] + 0.1 * step * step;
      x[i] -= 0.5 * step;
    }
  }
  for (int i = 0; i < 2; ++i) CHECK(weight[i].item<double>() == Approx(x[i]).epsilon(1e-12));
}

TEST_CASE("weights drawn by Glorot's rule stay within its limit and fill it") {
  const torch::Tensor weight = network("cnn")->named_parameters()["conv2d_2.weight"];
  const double limit = std::sqrt(6.0 / (9 * (32 + 64)));
  CHECK(weight.abs().max().item<double>() <= limit);
  CHECK(weight.abs().max().item<double>() > 0.99 * limit);
  CHECK(std::abs(weight.mean().item<double>()) < 0.02 * limit);
}

}  // namespace
}  // namespace deepmine
