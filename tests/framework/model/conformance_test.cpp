// Every registered network, present and future, must keep these promises.
#include <torch/autograd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "framework/core/file.h"
#include "framework/model/classifier.h"
#include "framework/model/network.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

/// Every network as it is by default, if that is no matter of seconds, and in variants.
std::vector<std::string> networks() {
  std::vector<std::string> specs = Registry<Network>::instance().names();
  std::replace(specs.begin(), specs.end(), std::string("vgg16"), std::string("vgg16:width=0.1"));
  for (const char* more : {"resnet:depth=8,shortcut=pad", "resnet:depth=14,channels=1,size=8,bias=false",
                           "resnet:depth=8,shortcut=pad,channels=1",
                           "densenet:depth=16,growth=3,compression=0.7,channels=1,size=16,mean=0.3,std=0.25",
                           "lenet:channels=3,size=32,conv1=6,conv2=16,mean=[0.1,0.2,0.3],std=2",
                           "vgg16:width=0.05,channels=1,size=40,classes=4,mean=fitted,std=1"}) {
    specs.emplace_back(more);
  }
  return specs;
}

std::string canonical(const std::string& spec) { return Registry<Network>::instance().canonical(Spec::parse(spec)); }

/// With draws from a seed in place of what training would leave in buffers.
std::shared_ptr<Network> network(const std::string& spec) {
  auto made = make_network(Spec::parse(spec), Seed(5));
  torch::Generator random = torch::make_generator<at::CPUGeneratorImpl>(7);
  for (auto& buffer : made->named_buffers()) {
    if (buffer.key().find("running_mean") != std::string::npos) buffer.value().uniform_(-0.2, 0.2, random);
    if (buffer.key().find("running_var") != std::string::npos) buffer.value().uniform_(0.5, 2, random);
  }
  use_channels_last(*made);
  made->eval();
  return made;
}

torch::Tensor images_for(const Network& network, std::int64_t count) {
  const ImageShape shape = network.input();
  torch::Generator random = torch::make_generator<at::CPUGeneratorImpl>(3);
  return torch::rand({count, shape.channels, shape.size, shape.size}, random);
}

double largest(const torch::Tensor& tensor) { return tensor.abs().max().item<double>(); }

TEST_CASE("every network tells its layers as a tap sees them, the output last") {
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto made = network(spec);
    const torch::Tensor images = images_for(*made, 2);
    std::vector<Layer> seen;
    torch::Tensor last;
    const torch::Tensor output = made->forward(images, [&](std::string_view name, const torch::Tensor& y) {
      REQUIRE(y.size(0) == 2);
      seen.push_back({std::string(name), y.sizes().slice(1).vec()});
      last = y;
    });
    CHECK(torch::equal(last, output));
    made->train();
    const std::vector<Layer> told = made->layers();
    CHECK(made->is_training());
    std::set<std::string> names;
    REQUIRE(told.size() == seen.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      CHECK(told[i].name == seen[i].name);
      CHECK(told[i].shape == seen[i].shape);
      names.insert(told[i].name);
    }
    CHECK(names.size() == told.size());
    made->eval();
    CHECK(torch::equal(made->forward(images, {}), output));
    CHECK(made->reconstructs() == (output.sizes() == images.sizes()));
  }
}

TEST_CASE("every network gives each image what it gives it alone") {
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto made = network(spec);
    const torch::Tensor images = images_for(*made, 3), together = made->forward(images, {});
    for (std::int64_t i = 0; i < 3; ++i) {
      const torch::Tensor alone = made->forward(images.slice(0, i, i + 1), {});
      CHECK(largest(alone[0] - together[i]) <= 1e-5 * largest(together));
    }
  }
}

TEST_CASE("every network folded gives outputs and gradients of the one it was made from, up to rounding") {
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto made = network(spec);
    const torch::Tensor images = images_for(*made, 2).requires_grad_(true);
    const torch::Tensor slow = made->forward(images, {});
    const torch::Tensor expected = torch::autograd::grad({slow.flatten(1).select(1, 2).sum()}, {images})[0];
    Model model(made, {}, {});
    const torch::Tensor fast = model.output(images);
    const torch::Tensor found = torch::autograd::grad({fast.flatten(1).select(1, 2).sum()}, {images})[0];
    CHECK(largest(fast - slow) <= 1e-5 * largest(slow));
    CHECK(largest(expected) > 0);
    // Not the largest: rounding takes some activations to the other side of a rectifier's bend.
    CHECK((found - expected).norm().item<double>() <= 0.01 * expected.norm().item<double>());
  }
}

TEST_CASE("in training a gradient reaches every weight of every network") {
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto made = network(spec);
    made->train();
    made->forward(images_for(*made, 4), {}).square().sum().backward();
    for (const auto& weight : made->named_parameters()) {
      CAPTURE(weight.key());
      REQUIRE(weight.value().grad().defined());
      CHECK(torch::isfinite(weight.value().grad()).all().item<bool>());
      if (weight.value().dim() > 1) CHECK(largest(weight.value().grad()) > 0);
    }
  }
}

TEST_CASE("every network's first weights follow the seed and nothing else") {
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto first = make_network(Spec::parse(spec), Seed(5)), again = make_network(Spec::parse(spec), Seed(5)),
               other = make_network(Spec::parse(spec), Seed(6));
    bool differ = false;
    for (const auto& weight : first->named_parameters()) {
      CAPTURE(weight.key());
      CHECK(torch::equal(weight.value(), again->named_parameters()[weight.key()]));
      const bool same = torch::equal(weight.value(), other->named_parameters()[weight.key()]);
      differ = differ || !same;
      if (weight.value().dim() > 1) CHECK_FALSE(same);
    }
    CHECK(differ);
  }
}

TEST_CASE("every network comes back from its file and from its canonical spec, bit for bit") {
  const TemporaryFolder folder;
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto made = network(spec);
    const std::string file = (folder / "n.npz").string(), text = canonical(spec);
    CHECK(canonical(text) == text);
    save_model(file, *made, {{"network", text}});
    const torch::Tensor images = images_for(*made, 2), expected = made->forward(images, {});
    const Tap look = [](auto, const auto&) {};
    CHECK(torch::equal(load_model(file).output(images, look), expected));
    Model bare = load_model(spec + (spec.find(':') == std::string::npos ? ":" : ",") + "weights=" + file);
    CHECK(torch::equal(bare.output(images, look), expected));
    CHECK(bare.name() == text);
  }
}

TEST_CASE("every network refuses images of another size, in use and before training") {
  for (const std::string& spec : networks()) {
    CAPTURE(spec);
    const auto made = network(spec);
    const ImageShape shape = made->input();
    const torch::Tensor wrong = torch::zeros({2, shape.channels, shape.size + 1, shape.size + 1});
    const std::string expected = fmt::format("expected images of {} x {} x {}", shape.channels, shape.size, shape.size);
    CHECK_THAT(error_text([&] { made->fit_preprocessing(wrong.to(torch::kUInt8)); }), Catch::Contains(expected));
    CHECK_THAT(error_text([&] { Model(made, {}, {}).output(wrong); }), Catch::Contains(expected));
  }
}

}  // namespace
}  // namespace deepmine
