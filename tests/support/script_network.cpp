#include "tests/support/script_network.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/script.h>

#include <atomic>
#include <utility>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

std::filesystem::path save_script(const TemporaryFolder& folder, const char* name, const std::string& body) {
  torch::jit::Module module("scripted");
  module.define("def forward(self, x):\n" + body);
  module.save((folder / name).string());
  return folder / name;
}

std::unique_ptr<Classifier> scripted(const std::string& body) {
  const TemporaryFolder folder;
  return load_classifier(save_script(folder, "scripted.pt", body).string());
}

torch::Tensor random_weights(at::IntArrayRef sizes, double width, RandomStream& random) {
  torch::Tensor weights = torch::empty(sizes);
  for (std::int64_t i = 0; i < weights.numel(); ++i) {
    weights.data_ptr<float>()[i] = static_cast<float>(width * (2 * random.uniform() - 1));
  }
  return weights;
}

torch::jit::Module script_network(bool exact) {
  RandomStream random(Seed(5));
  const auto type = exact ? torch::kFloat64 : torch::kFloat32;
  torch::jit::Module module("small");
  module.register_parameter("w", random_weights({6, 1, 3, 3}, 0.6, random).to(type), false);
  module.register_parameter("dense", random_weights({4, 6 * 64}, 0.3, random).to(type), false);
  module.define(
      "def forward(self, x):\n"
      "    y = torch.conv2d((x - 0.5).to(self.w.dtype), self.w, None, [1, 1], [1, 1])\n"
      "    return torch.matmul(torch.relu(y).flatten(1), self.dense.t())\n");
  return module;
}

namespace {

using Parts = std::vector<std::pair<std::string, torch::jit::Module>>;

/// A module with the arrays that `of` holds itself, and parts.
torch::jit::Module script_module(const torch::nn::Module& of, const Parts& parts, const std::string& body) {
  static std::atomic<int> made{0};  // types of one name are taken for one
  torch::jit::Module module(fmt::format("part{}", made++));
  for (const auto& item : of.named_parameters(/*recurse=*/false))
    module.register_parameter(item.key(), item.value(), false);
  for (const auto& item : of.named_buffers(/*recurse=*/false)) module.register_buffer(item.key(), item.value());
  for (const auto& [name, part] : parts) module.register_module(name, part);
  module.define("def forward(self, x):\n" + body);
  return module;
}

torch::jit::Module script_module(const Parts& parts, const std::string& body) {
  return script_module(torch::nn::Module(), parts, body);
}

torch::jit::Module script_conv(const torch::nn::Module& conv, int stride, int padding) {
  return script_module(
      conv, {},
      fmt::format("    return torch.conv2d(x, self.weight, self.bias, [{0}, {0}], [{1}, {1}])\n", stride, padding));
}

torch::jit::Module script_norm(const torch::nn::Module& norm) {
  return script_module(norm, {},
                       "    return torch.batch_norm(x, self.weight, self.bias, self.running_mean, self.running_var,"
                       " False, 0.01, 0.001, False)\n");
}

torch::jit::Module script_relu() { return script_module({}, "    return torch.relu_(x)\n"); }

torch::jit::Module script_block(const torch::nn::Module& block, int stride) {
  const auto children = block.named_children();
  Parts parts{{"conv1", script_conv(*children["conv1"], stride, 1)},
              {"bn1", script_norm(*children["bn1"])},
              {"conv2", script_conv(*children["conv2"], 1, 1)},
              {"bn2", script_norm(*children["bn2"])},
              {"relu", script_relu()}};
  if (stride > 1) parts.emplace_back("shortcut", script_conv(*children["shortcut"], stride, 0));
  return script_module(parts, fmt::format("    y = self.relu.forward(self.bn1.forward(self.conv1.forward(x)))\n"
                                          "    y = self.bn2.forward(self.conv2.forward(y))\n"
                                          "    y = y.add_({})\n"
                                          "    return self.relu.forward(y)\n",
                                          stride > 1 ? "self.shortcut.forward(x)" : "x"));
}

}  // namespace

ResNetTwice resnet_twice() {
  const auto network = make_network(Spec::parse("resnet:depth=8,channels=1,size=8,classes=4"), Seed(4));
  const auto children = network->named_children();
  const auto blocks = children["blocks"]->children();
  Parts parts{{"conv1", script_conv(*children["stem"], 1, 1)},
              {"bn1", script_norm(*children["stem_bn"])},
              {"relu", script_relu()}};
  std::string layers;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string layer = fmt::format("layer{}", i + 1);
    parts.emplace_back(layer, script_module({{"0", script_block(*blocks[i], i == 0 ? 1 : 2)}},
                                            "    return getattr(self, \"0\").forward(x)\n"));
    layers += fmt::format("    y = self.{}.forward(y)\n", layer);
  }
  parts.emplace_back("fc",
                     script_module(*children["dense"], {}, "    return torch.linear(x, self.weight, self.bias)\n"));
  return {network, script_module(*network, parts,
                                 "    y = self.relu.forward(self.bn1.forward(self.conv1.forward(x - self.mean)))\n" +
                                     layers + "    return self.fc.forward(y.mean([2, 3]))\n")};
}

torch::jit::Module normalising_script() {
  RandomStream random(Seed(6));
  torch::jit::Module module("normalising");
  module.register_parameter("dense", random_weights({4, 64}, 0.3, random), false);
  module.register_buffer("mean", torch::full({1}, 0.4));
  module.register_buffer("variance", torch::full({1}, 0.1));
  module.register_attribute("training", c10::BoolType::get(), true);
  module.define(
      "def forward(self, x):\n"
      "    y = torch.batch_norm(x, None, None, self.mean, self.variance, self.training, 0.5, 1e-5, False)\n"
      "    return torch.matmul(y.flatten(1), self.dense.t())\n");
  return module;
}

std::unique_ptr<Classifier> normalising_classifier() {
  const TemporaryFolder folder;
  normalising_script().save((folder / "normalising.pt").string());
  return load_classifier((folder / "normalising.pt").string());
}

std::unique_ptr<Classifier> script_classifier(bool exact) {
  const TemporaryFolder folder;
  script_network(exact).save((folder / "small.pt").string());
  return load_classifier((folder / "small.pt").string());
}

void save_script_network(const std::filesystem::path& path, bool exact) { script_network(exact).save(path.string()); }

void save_counting_script(const std::filesystem::path& path) {
  torch::jit::Module module("counting");
  module.register_buffer("passes", torch::zeros({1, 1}));
  module.define("def forward(self, x):\n    self.passes.add_(1.0)\n    return self.passes.expand([x.size(0), 1])\n");
  module.save(path.string());
}

void save_normalising_script(const std::filesystem::path& path) { normalising_script().save(path.string()); }

}  // namespace deepmine
