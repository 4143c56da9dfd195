#include <catch2/catch.hpp>
#include <torch/autograd.h>
#include <torch/script.h>

#include <cmath>

#include "framework/core/file.h"
#include "framework/core/npz.h"
#include "framework/model/classifier.h"
#include "framework/model/network.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

TEST_CASE("ResNet20 has the 273,066 parameters of the Keras example, and its layers' shapes") {
  const auto network = make_network(Spec::parse("resnet20"), Seed(1));
  std::int64_t count = 0;
  for (const auto& p : network->parameters()) count += p.numel();
  CHECK(count == 273066);
  std::map<std::string, std::vector<std::int64_t>> shapes;
  network->eval();
  network->forward(torch::rand({2, 3, 32, 32}), [&](std::string_view layer, const torch::Tensor& x) {
    shapes[std::string(layer)] = x.sizes().vec();
  });
  CHECK(shapes["stack3.block3.conv2"] == std::vector<std::int64_t>{2, 64, 8, 8});
  CHECK(shapes["stack1.block1.out"] == std::vector<std::int64_t>{2, 16, 32, 32});
  CHECK(shapes["logits"] == std::vector<std::int64_t>{2, 10});
}

TEST_CASE("a tap changes nothing, and the layers it sees fit together") {
  const auto network = untrained_network();
  network->eval();
  const torch::Tensor x = torch::rand({3, 1, 8, 8});
  std::map<std::string, torch::Tensor> seen;
  const torch::Tensor tapped = network->forward(x, [&](std::string_view layer, const torch::Tensor& y) {
    seen[std::string(layer)] = y;
  });
  CHECK(torch::equal(tapped, network->forward(x, {})));
  CHECK(torch::equal(seen["logits"], tapped));
  CHECK(torch::allclose(seen["stack3.block3.out"],
                        torch::relu(seen["stack3.block3.bn2"] + seen["stack3.block2.out"])));
  CHECK(torch::allclose(seen["pool"], seen["stack3.block3.out"].mean({2, 3})));
}

TEST_CASE("the network subtracts the per-pixel mean of the training images") {
  const Dataset data = quadrants(50, 3);
  auto network = untrained_network();
  network->fit_preprocessing(data.images);
  const torch::Tensor mean = network->named_buffers()["mean"];
  CHECK(torch::allclose(mean, data.pixels(0, 50).mean(0), 1e-5, 1e-6));
}

TEST_CASE("initial weights have He's deviation, are cut at two deviations, and follow the seed") {
  torch::Tensor weight = torch::empty({64, 64, 3, 3});
  he_normal(weight, Seed(4));
  const double expected = std::sqrt(2.0 / (64 * 9));
  CHECK(weight.std().item<double>() == Approx(expected).epsilon(0.02));
  CHECK(std::abs(weight.mean().item<double>()) < 0.01 * expected * 3);
  CHECK(weight.abs().max().item<double>() <= 2 * expected / 0.8796 + 1e-6);
  torch::Tensor again = torch::empty_like(weight), other = torch::empty_like(weight);
  he_normal(again, Seed(4));
  he_normal(other, Seed(5));
  CHECK(torch::equal(weight, again));
  CHECK_FALSE(torch::equal(weight, other));
}

TEST_CASE("a model file brings back the same network, bit for bit, and equal bytes for equal weights") {
  const TemporaryFolder folder;
  const auto network = untrained_network(9);
  network->eval();
  use_channels_last(*network);  // as loading does: kernels of another order round otherwise
  const std::string spec = Registry<Network>::instance().canonical(
      Spec::parse("resnet20:channels=1,size=8,classes=4"));
  save_model(folder / "a.npz", *network, {{"network", spec}, {"note", "x"}});
  save_model(folder / "b.npz", *network, {{"network", spec}, {"note", "x"}});
  CHECK(read_file(folder / "a.npz") == read_file(folder / "b.npz"));
  const auto classifier = load_classifier((folder / "a.npz").string());
  const torch::Tensor x = torch::rand({5, 1, 8, 8});
  CHECK(torch::equal(classifier->logits(x, [](auto, const auto&) {}), network->forward(x, {})));
  CHECK(classifier->facts().at("note") == "x");
  CHECK(classifier->sha256() == sha256_of_file(folder / "a.npz"));
}

TEST_CASE("model files of another network, with missing, misshapen or NaN weights are refused") {
  const TemporaryFolder folder;
  const auto network = untrained_network(9);
  save_model(folder / "good.npz", *network, {{"network", "resnet20:channels=1,classes=4,size=8"}});
  const Npz good = read_npz(folder / "good.npz");
  const auto complaint = [&](Npz content) {
    write_npz(folder / "bad.npz", content);
    return error_text([&] { load_classifier((folder / "bad.npz").string()); });
  };
  Npz missing = good;
  missing.arrays.erase("dense.bias");
  CHECK(complaint(missing).find("dense.bias") != std::string::npos);
  Npz superfluous = good;
  superfluous.arrays["more"] = good.arrays.at("dense.bias");
  CHECK(complaint(superfluous).find("\"more\"") != std::string::npos);
  Npz misshapen = good;
  misshapen.arrays["dense.bias"] = Array{{3}, std::vector<float>(3)};
  CHECK(complaint(misshapen).find("expected shape [4], found [3]") != std::string::npos);
  Npz broken = good;
  broken.arrays["dense.bias"] =
      Array{{4}, std::vector<float>(4, std::numeric_limits<float>::quiet_NaN())};
  CHECK(complaint(broken).find("NaN") != std::string::npos);
  Npz bare = good;
  bare.texts.clear();
  CHECK(complaint(bare).find("about.json") != std::string::npos);
}

TEST_CASE("bare weights load through a network's spec") {
  const TemporaryFolder folder;
  const auto network = untrained_network(9);
  network->eval();
  use_channels_last(*network);  // as loading does: kernels of another order round otherwise
  save_model(folder / "w.npz", *network, {{"network", "x"}});
  const auto classifier = load_classifier("resnet20:channels=1,size=8,classes=4,weights=" +
                                          (folder / "w.npz").string());
  const torch::Tensor x = torch::rand({2, 1, 8, 8});
  CHECK(torch::equal(classifier->logits(x, [](auto, const auto&) {}), network->forward(x, {})));
}

TEST_CASE("bare weights are another model with each spec that they are loaded through") {
  const TemporaryFolder folder;
  const std::string spec = "resnet:depth=8,channels=1,size=8,classes=4", weights = (folder / "w.npz").string();
  save_model(weights, *make_network(Spec::parse(spec), Seed(9)), {{"network", spec}});
  const auto key = [&](const std::string& options) {
    return load_model(spec + options + ",weights=" + weights).sha256();
  };
  CHECK(key(",bn-epsilon=0.01") != key(""));
  CHECK(key(",bn-epsilon=0.001,bias=true") == key(""));  // the defaults, written out
  CHECK(key("") != load_model(weights).sha256());
}

TEST_CASE("the file of a model's network is known where the network is") {
  const auto names = [](const std::string& spec) {
    const std::string canonical = Registry<Network>::instance().canonical(Spec::parse(spec));
    const Model model(make_network(Spec::parse(spec), Seed(1)), {{"network", canonical}}, "");
    std::set<std::string> found;
    for (const std::string& file : network_files(model)) found.insert(std::filesystem::path(file).filename());
    return found;
  };
  CHECK(names("lenet") == std::set<std::string>{"lenet.cpp"});
  CHECK(names("resnet:depth=8,shortcut=pad") == std::set<std::string>{"resnet.cpp"});  // mean=[0.485,0.456,0.406]
  const Model unknown(make_network(Spec::parse("lenet"), Seed(1)), {}, "");
  CHECK(network_files(unknown).empty());
}

TEST_CASE("a frozen network gives the logits and gradients of the one it was made from, up to rounding") {
  const auto network = untrained_network(9);
  for (auto& buffer : network->named_buffers()) {  // as training would leave them
    if (buffer.key().find("running_mean") != std::string::npos) buffer.value().uniform_(-0.2, 0.2);
    if (buffer.key().find("running_var") != std::string::npos) buffer.value().uniform_(0.5, 2);
  }
  network->eval();
  const torch::Tensor x = torch::rand({6, 1, 8, 8}).requires_grad_(true);
  const torch::Tensor slow = network->forward(x, {}), fast = classifier_of(network)->logits(x);
  const double scale = slow.abs().max().item<double>();
  CHECK((fast - slow).abs().max().item<double>() < 1e-5 * scale);
  CHECK_FALSE(torch::equal(fast, slow));  // or nothing was folded
  const torch::Tensor expected = torch::autograd::grad({slow.select(1, 2).sum()}, {x})[0];
  const torch::Tensor found = torch::autograd::grad({fast.select(1, 2).sum()}, {x})[0];
  CHECK((found - expected).abs().max().item<double>() < 1e-4 * expected.abs().max().item<double>());
}

TEST_CASE("a TorchScript file is a classifier, and its errors are one line") {
  const TemporaryFolder folder;
  torch::jit::Module module("affine");
  module.register_parameter("w", torch::rand({64, 4}), false);
  module.define("def forward(self, x):\n    return torch.matmul(x.flatten(1), self.w)\n");
  module.save((folder / "m.pt").string());
  const auto classifier = load_classifier((folder / "m.pt").string());
  const torch::Tensor x = torch::rand({3, 1, 8, 8});
  CHECK(torch::allclose(classifier->logits(x), x.flatten(1).matmul(classifier->state()[0])));
  CHECK(classifier->layers() == std::vector<std::string>{"matmul", "output"});
  CHECK(error_text([&] { classifier->logits(torch::rand({3, 1, 9, 9})); })
            .find("does not take images") != std::string::npos);
  write_file(folder / "junk.pt", "this is no model");
  CHECK(error_text([&] { load_classifier((folder / "junk.pt").string()); }).find("TorchScript") !=
        std::string::npos);
  CHECK(error_text([&] { load_classifier((folder / "none.pt").string()); }).find("no such file") !=
        std::string::npos);
}

TEST_CASE("a classifier always answers in eval mode") {
  auto network = untrained_network();
  const auto classifier = classifier_of(network);
  const torch::Tensor x = torch::rand({4, 1, 8, 8});
  const Tap look = [](auto, const auto&) {};  // layer by layer, with the normalisations
  const torch::Tensor before = classifier->logits(x, look);
  network->train();
  CHECK(torch::equal(classifier->logits(x, look), before));
  CHECK_FALSE(network->is_training());
}

TEST_CASE("images of the wrong shape name both shapes") {
  CHECK(error_text([] { small_classifier().logits(torch::rand({1, 3, 8, 8})); })
            .find("expected images of 1 x 8 x 8") != std::string::npos);
}

}  // namespace
}  // namespace deepmine
