// Which users' programs may pass several batches at once, and that these make the same bytes whatever the threads.
#include <torch/autograd.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/script.h>

#include <catch2/catch.hpp>

#include "framework/model/batches.h"
#include "framework/model/model.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

Model saved(const torch::jit::Module& module) {
  const TemporaryFolder folder;
  module.save((folder / "m.pt").string());
  return load_model((folder / "m.pt").string());
}

/// A module that has something of each kind that a program may write into.
torch::jit::Module owner() {
  torch::jit::Module module("owner");
  module.register_buffer("held", torch::ones({64}));
  module.register_buffer("variance", torch::ones({64}));
  module.register_attribute("count", c10::IntType::get(), std::int64_t{0});
  module.register_attribute("several", c10::ListType::ofTensors(), c10::List<torch::Tensor>({torch::ones({64})}));
  module.register_attribute("training", c10::BoolType::get(), true);
  return module;
}

/// A program of such a module with `y`, the images in rows.
Model scripted_owner(const std::string& body) {
  torch::jit::Module module = owner();
  module.define("def forward(self, x):\n    y = x.flatten(1)\n" + body);
  return saved(module);
}

/// Of four passes.
int at_once(const std::string& body) {
  const Model model = scripted_owner(body);
  CHECK(model.passes_at_once(1) == 1);
  return model.passes_at_once(4);
}

TEST_CASE("passes of programs that keep nothing may overlap") {
  for (const char* body : {
           "    return torch.relu((y - 0.5) / 0.25)\n",
           "    return x.sub_(0.5).relu_().flatten(1)\n",
           "    return (y + self.held).mul_(self.several[0]) * self.count\n",
           "    parts = [y]\n    for i in range(3):\n        parts.append(parts[i].relu_() + 1.0)\n"
           "    return torch.cat(parts, 1)\n",
           "    assert x.size(0) < 1000, \"too many\"\n    return y\n",
           "    return {\"output\": y, \"half\": torch.dropout(y, 0.5, self.training)}\n",
           "    return torch.batch_norm(y, None, None, self.held, self.variance, self.training, 0.5, 1e-5, False)\n",
           "    return torch.instance_norm(x, None, None, None, None, True, 0.1, 1e-5, False).flatten(1)\n"}) {
    CAPTURE(body);
    CHECK(at_once(body) == 4);
  }
  CHECK(saved(resnet_twice().scripted).passes_at_once(4) == 4);
  CHECK(saved(script_network()).passes_at_once(4) == 4);
  CHECK(saved(normalising_script()).passes_at_once(4) == 4);
}

TEST_CASE("programs that keep something, draw or print pass one batch at a time") {
  for (const char* body : {
           "    self.held.add_(1.0)\n    return y + self.held\n",
           "    self.held = self.held + 1.0\n    return y + self.held\n",
           "    self.held.view([8, 8])[0].mul_(2.0)\n    return y + self.held\n",
           "    self.held.copy_(y[0])\n    return y\n",
           "    torch.add(y[0], y[1], out=self.held)\n    return y\n",
           "    if x.size(0) > 1:\n        self.held.add_(1.0)\n    return y + self.held\n",
           "    self.count += 1\n    return y * self.count\n",
           "    self.several.append(y)\n    return y + self.several[0][0]\n",
           "    self.several[0].add_(1.0)\n    return y + self.several[0]\n",
           "    return torch.batch_norm(y, None, None, self.held, self.variance, True, 0.5, 1e-5, False)\n",
           "    return y + torch.rand_like(y)\n",
           "    return y + torch.randn([64])\n",
           "    return torch.dropout(y, 0.5, True)\n",
           "    return torch.rrelu(y, 0.1, 0.3, True)\n",
           "    return y * torch.empty([64]).uniform_(0.0, 1.0)\n",
           "    return y * torch.bernoulli(torch.sigmoid(y))\n",
           "    torch.manual_seed(3)\n    return y\n",
           "    print(x.size(0))\n    return y\n"}) {
    CAPTURE(body);
    CHECK(at_once(body) == 1);
  }
}

TEST_CASE("a program that writes into a constant of its code passes one batch at a time") {
  for (const bool writes : {false, true}) {
    torch::jit::Module module = owner();
    module.define("def forward(self, x):\n    return x.flatten(1)\n");
    const auto graph = module.get_method("forward").graph();
    const torch::jit::WithInsertPoint end(graph->return_node());
    torch::jit::Value* kept = graph->insertConstant(torch::ones({1}));
    if (writes) kept = graph->insert(c10::aten::add_, {kept, graph->insertConstant(1.0)});
    graph->return_node()->replaceInput(0, graph->insert(c10::aten::mul, {graph->outputs()[0], kept}));
    CHECK(saved(module).passes_at_once(4) == (writes ? 1 : 4));
  }
}

/// Outputs, a layer within and gradients of 60 images in batches of 5, by a model that has not run before.
torch::Tensor passed(const torch::jit::Module& module, const std::string& layer, int threads) {
  Model model = saved(module);
  const torch::Tensor x = quadrants(60, 4).pixels(0, 60);
  std::vector<torch::Tensor> parts(12);
  in_batches(model, 60, 5, threads, [&](std::int64_t begin, std::int64_t end) {
    const torch::Tensor at = x.slice(0, begin, end).clone().set_requires_grad(true);
    torch::Tensor within;
    const torch::Tensor output = model.output(at);
    model.output(at, Tap({layer}, [&](std::string_view, const torch::Tensor& seen) { within = seen.detach(); }));
    const torch::Tensor gradient = torch::autograd::grad({output.pow(2).sum()}, {at})[0];
    parts[static_cast<std::size_t>(begin / 5)] =
        torch::cat({output.detach().flatten(1).to(torch::kFloat64), within.flatten(1).to(torch::kFloat64),
                    gradient.flatten(1).to(torch::kFloat64)}, 1);
  });
  return torch::cat(parts);
}

TEST_CASE("outputs, layers and gradients of programs are the same bytes however many batches pass at once") {
  const std::pair<torch::jit::Module, std::string> cases[]{
      {resnet_twice().scripted, "layer1.0.relu"}, {script_network(), "relu"}, {script_network(true), "relu"}};
  for (const auto& [module, layer] : cases) {
    const torch::Tensor one = passed(module, layer, 1);
    for (const int threads : {2, 4, 4, 4}) CHECK(torch::equal(passed(module, layer, threads), one));
  }
}

TEST_CASE("what a program makes of a batch hangs on no batch before") {
  for (const char* body : {"    return torch.gelu(y * 1.3) + torch.silu(y)\n",
                           "    return torch.tanh(y) * torch.sigmoid(y) / (y + 1.3) + torch.log(y + 0.3)\n"}) {
    CAPTURE(body);
    Model model = scripted_owner(body);
    const torch::Tensor x = quadrants(9, 4).pixels(0, 9);
    const auto gradient = [&] {
      const torch::Tensor at = x.clone().set_requires_grad(true);
      return torch::autograd::grad({model.output(at).pow(2).sum()}, {at})[0];
    };
    const torch::Tensor first = gradient();
    for (int i = 0; i < 3; ++i) CHECK(torch::equal(gradient(), first));
  }
}

}  // namespace
}  // namespace deepmine
