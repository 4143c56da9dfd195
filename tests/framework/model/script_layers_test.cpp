// Layers within users' programs: what they are called, that they are what the program makes, and what is told where
// there are none.
#include <torch/autograd.h>
#include <torch/script.h>

#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "framework/model/autoencoder.h"
#include "framework/model/classifier.h"
#include "tests/support/error_text.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

using Catch::Contains;
using Names = std::vector<std::string>;

Model saved(const torch::jit::Module& module, const std::string& output = {}) {
  const TemporaryFolder folder;
  module.save((folder / "m.pt").string());
  const std::string file = (folder / "m.pt").string();
  return load_model(output.empty() ? file : "torchscript:weights=" + file + ",output=" + output);
}

Model program(const std::string& body, const std::string& output = {}) {
  torch::jit::Module module("scripted");
  module.define("def forward(self, x):\n" + body);
  return saved(module, output);
}

torch::Tensor pixels(std::int64_t count) { return quadrants(count, 4).pixels(0, count); }

/// The layers named, and the output as "".
std::map<std::string, torch::Tensor> seen(Model& model, const torch::Tensor& images, const Names& layers) {
  std::map<std::string, torch::Tensor> found;
  found[""] = model.output(
      images, Tap({layers.begin(), layers.end()},
                  [&](std::string_view layer, const torch::Tensor& output) { found[std::string(layer)] = output; }));
  return found;
}

/// Layers of `resnet_twice`: as registered, as in the program.
const std::map<std::string, std::string> kSameLayers{{"stem.conv", "conv1"},
                                                     {"stem.bn", "bn1"},
                                                     {"stem.relu", "relu"},
                                                     {"stack1.block1.conv1", "layer1.0.conv1"},
                                                     {"stack1.block1.relu1", "layer1.0.relu"},
                                                     {"stack1.block1.bn2", "layer1.0.bn2"},
                                                     {"stack1.block1.out", "layer1.0.relu.2"},
                                                     {"stack2.block1.shortcut", "layer2.0.shortcut"},
                                                     {"stack3.block1.conv2", "layer3.0.conv2"},
                                                     {"stack3.block1.out", "layer3.0.relu.2"},
                                                     {"pool", "mean"},
                                                     {"logits", "fc"}};

TEST_CASE("layers within a program are those of the registered network, and so are gradients through them") {
  const ResNetTwice both = resnet_twice();
  Model script = saved(both.scripted);
  Model registered(both.registered, {}, {});
  const Names known = script.layers();
  CHECK(known.size() == 3 + 3 * 7 + 2 + 2 + 1);
  CHECK(known.front() == "conv1");
  CHECK(known.back() == "output");
  const torch::Tensor x = pixels(5).clone().set_requires_grad(true);
  const auto gradient = [&](const torch::Tensor& output) {
    return torch::autograd::grad({output.square().mean()}, {x}, {}, /*retain_graph=*/true)[0];
  };
  Names ours, theirs;
  for (const auto& [own, other] : kSameLayers) {
    ours.push_back(own);
    theirs.push_back(other);
  }
  script.check_layers(theirs);
  auto expected = seen(registered, x, ours), found = seen(script, x, theirs);
  for (const auto& [own, other] : kSameLayers) {
    CAPTURE(other);
    REQUIRE(found.count(other) == 1);
    CHECK(found.at(other).allclose(expected.at(own), 1e-5, 1e-5));
    CHECK(gradient(found.at(other)).allclose(gradient(expected.at(own)), 1e-4, 1e-6));
  }
  CHECK(torch::equal(found.at(""), script.output(x)));
}

TEST_CASE("whoever looks at no layer within has the program as it is in the file") {
  const ResNetTwice both = resnet_twice();
  torch::jit::Module plain = both.scripted.deepcopy();
  for (torch::Tensor parameter : plain.parameters()) parameter.set_requires_grad(false);
  Model script = saved(both.scripted);
  const auto gradient = [&](const torch::Tensor& output, const torch::Tensor& x) {
    return torch::autograd::grad({output.square().sum()}, {x})[0];
  };
  for (int pass = 0; pass < 3; ++pass) {  // before and after layers are looked at, and the program is optimised
    const torch::Tensor x = pixels(4).clone().set_requires_grad(true),
                        copy = x.detach().clone().set_requires_grad(true);
    const torch::Tensor output = script.output(x), expected = plain.forward({copy + 0}).toTensor();
    CHECK(torch::equal(output, expected));
    CHECK(torch::equal(gradient(output, x), gradient(expected, copy)));
    seen(script, x, {"layer1.0.conv1"});
  }
}

TEST_CASE("a layer that later steps change in place is seen as it was") {
  Model model = program(
      "    y = x * 2.0 - 1.0\n    y = torch.tanh(y)\n    z = torch.relu_(y.sub_(0.5))\n    z.mul_(3.0)\n"
      "    return z.flatten(1)\n");
  const torch::Tensor x = pixels(3);
  CHECK(model.layers() == Names{"tanh", "relu", "output"});
  const auto found = seen(model, x, {"tanh", "relu", "output"});
  CHECK(found.at("tanh").allclose(torch::tanh(x * 2 - 1)));
  CHECK(found.at("relu").allclose(torch::relu(torch::tanh(x * 2 - 1) - 0.5)));
  CHECK(torch::equal(found.at("output"), found.at("")));
}

TEST_CASE("operations of one module have its name and theirs, and repeated ones a number") {
  torch::jit::Module inner("inner"), outer("outer");
  inner.define("def forward(self, x):\n    return torch.sigmoid(torch.relu(x) + torch.tanh(x))\n");
  outer.register_module("inner", inner);
  outer.register_module("output", inner);
  outer.define(
      "def forward(self, x):\n    x = self.inner.forward(self.inner.forward(torch.relu(x + 1.0)))\n"
      "    return self.output.forward(x).flatten(1)\n");
  CHECK(saved(outer).layers() == Names{"relu", "inner.relu", "inner.tanh", "inner.add", "inner.sigmoid", "inner.relu.2",
                                       "inner.tanh.2", "inner.add.2", "inner.sigmoid.2", "output.relu", "output.tanh",
                                       "output.add", "output.sigmoid", "output"});
  torch::jit::Module alone("alone"), named("named");
  alone.define("def forward(self, x):\n    return torch.relu(x)\n");
  named.register_module("output", alone);
  named.define("def forward(self, x):\n    return self.output.forward(x).flatten(1)\n");
  CHECK(saved(named).layers() == Names{"output.2", "output"});
}

TEST_CASE("a part called without those it lies in has its whole path") {
  torch::jit::Module leaf("leaf"), list("list"), whole("whole");
  leaf.define("def forward(self, x):\n    return torch.relu(x)\n");
  list.register_module("0", leaf);
  whole.register_module("first", list);
  whole.register_module("second", list);
  whole.define(
      "def forward(self, x):\n    x = getattr(self.first, \"0\").forward(x - 0.5)\n"
      "    return getattr(self.second, \"0\").forward(x - 0.1).flatten(1)\n");
  CHECK(saved(whole).layers() == Names{"first.0", "second.0", "output"});
}

TEST_CASE("tensors returned by name are layers, and one of them is the output") {
  const torch::Tensor x = pixels(3);
  const std::string dict = "    y = torch.relu(x)\n    return {\"features\": y, \"logits\": y.flatten(1)[:, 0:4]}\n";
  Model model = program(dict);
  CHECK(model.layers() == Names{"relu", "features", "logits", "output"});
  auto found = seen(model, x, model.layers());
  CHECK(torch::equal(found.at("features"), x));
  CHECK(torch::equal(found.at("relu"), x));
  CHECK(torch::equal(found.at("output"), x.flatten(1).slice(1, 0, 4)));
  CHECK(torch::equal(found.at("output"), model.output(x)));
  CHECK(torch::equal(found.at("output"), found.at("logits")));

  Model features = program(dict, "features");
  CHECK(torch::equal(features.output(x), x));
  CHECK(features.sha256().size() == 64);
  CHECK_THAT(error_text([&] { program(dict, "feature").output(x); }), Contains("expected a tensor named \"feature\""));

  const std::string filled = "    out = {\"a\": x}\n    out[\"b\"] = torch.relu(x)\n    return out\n";
  CHECK(program(filled, "b").layers() == Names{"relu", "a", "b", "output"});
  CHECK_THAT(error_text([&] { program(filled).output(x); }),
             Contains("choose one: torchscript:weights=") && Contains("output=a"));

  Model pair = program("    return x, x.flatten(1)\n", "1");
  CHECK(pair.layers() == Names{"0", "1", "output"});
  CHECK(torch::equal(pair.output(x), x.flatten(1)));
  CHECK(torch::equal(seen(pair, x, {"0"}).at("0"), x));
  CHECK_THAT(error_text([] { load_model("torchscript:output=a"); }), Contains("found no weights"));
  CHECK_THAT(error_text([] { load_model("torchscript:weight=a"); }), Contains("unknown key \"weight\""));
}

TEST_CASE("what only running decides is passed over, and a program without layers within says so") {
  const std::string branch = "    if bool(x.sum() > 0.0):\n        x = torch.relu(x)\n";
  Model some = program("    x = torch.tanh(x)\n" + branch + "    return x.flatten(1)\n");
  CHECK(some.layers() == Names{"tanh", "output"});
  CHECK(torch::equal(seen(some, pixels(2), {"tanh"}).at("tanh"), pixels(2).tanh()));
  Model none = program(branch + "    return x.flatten(1)\n");
  CHECK(none.layers() == Names{"output"});
  CHECK_THAT(error_text([&] { none.check_layers({"relu"}); }),
             Contains("unknown layer \"relu\"; known: output; ") &&
                 Contains("shows no layers within (no layer that every image"));
  none.check_layers({"output"});
  CHECK_THAT(error_text([&] { some.check_layers({"tanj"}); }), Contains("unknown layer \"tanj\"; did you mean tanh?"));
}

TEST_CASE("a program that cannot be frozen has its output all the same") {
  torch::jit::Module module("stubborn");
  module.register_attribute("held", c10::TensorType::get(), torch::zeros({1}));
  module.define(
      "def forward(self, x):\n    self.held = torch.relu(x.sum().reshape([1]))\n    return x.flatten(1) + self.held\n");
  Model model = saved(module);
  CHECK(model.layers().back() == "output");
  CHECK(torch::equal(seen(model, pixels(2), {"output"}).at("output"), model.output(pixels(2))));
}

TEST_CASE("a state that a program keeps is the same with and without a look at layers within") {
  torch::jit::Module module("counting");
  module.register_buffer("calls", torch::zeros({1}));
  module.define(
      "def forward(self, x):\n    self.calls.add_(1.0)\n    return (torch.relu(x) + self.calls).flatten(1)\n");
  Model model = saved(module);
  const torch::Tensor x = pixels(2);
  CHECK(torch::equal(model.output(x), x.flatten(1) + 1));
  CHECK(torch::equal(seen(model, x, {"relu"}).at(""), x.flatten(1) + 2));
  CHECK(torch::equal(model.output(x), x.flatten(1) + 3));
}

TEST_CASE("layers within take the type of the weights, and come as float32 or better") {
  torch::jit::Module module = script_network();
  module.setattr("w", module.attr("w").toTensor().to(torch::kFloat64));
  module.setattr("dense", module.attr("dense").toTensor().to(torch::kFloat64));
  Model exact = saved(module), single = saved(script_network());
  CHECK(exact.layers() == Names{"conv", "relu", "matmul", "output"});
  const torch::Tensor conv = seen(exact, pixels(3), {"conv"}).at("conv");
  CHECK(conv.scalar_type() == torch::kFloat64);
  CHECK(conv.allclose(seen(single, pixels(3), {"conv"}).at("conv").to(torch::kFloat64), 1e-4, 1e-5));
}

TEST_CASE("several threads look at one program's layers at once") {
  const ResNetTwice both = resnet_twice();
  Model shared = saved(both.scripted), alone = saved(both.scripted);
  const torch::Tensor x = pixels(6);
  const Names layers{"layer1.0.conv1", "layer2.0.relu.2", "layer3.0.bn1", "fc"};
  std::vector<torch::Tensor> found(layers.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    threads.emplace_back([&, i] {
      torch::NoGradGuard no_gradient;
      for (int pass = 0; pass < 4; ++pass) found[i] = seen(shared, x, {layers[i]}).at(layers[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < layers.size(); ++i)
    CHECK(torch::equal(found[i], seen(alone, x, {layers[i]}).at(layers[i])));
}

}  // namespace
}  // namespace deepmine
