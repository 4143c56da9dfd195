// Programs of users: what they change in place, hand out and expect is theirs, and what they lack is told.
#include <torch/script.h>
#include <torch/autograd.h>

#include <catch2/catch.hpp>

#include "framework/model/autoencoder.h"
#include "framework/model/classifier.h"
#include "tests/support/changed_archive.h"
#include "tests/support/error_text.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

using Catch::Contains;

Model script(const std::string& body) {
  const TemporaryFolder folder;
  return load_model(save_script(folder, "m.pt", body).string());
}

Model saved(const torch::jit::Module& module) {
  const TemporaryFolder folder;
  module.save((folder / "m.pt").string());
  return load_model((folder / "m.pt").string());
}

torch::Tensor pixels(std::int64_t count) { return quadrants(count, 4).pixels(0, count); }

const std::string kInPlace = "    x.sub_(0.5).div_(0.25)\n    x.relu_()\n    return x.flatten(1)[:, 0:4]\n";
const std::string kPlain = "    y = torch.relu((x - 0.5) / 0.25)\n    return y.flatten(1)[:, 0:4]\n";

/// What a tap sees of a layer.
torch::Tensor seen(Model& model, const torch::Tensor& images, std::string_view wanted) {
  torch::Tensor found;
  model.output(images, [&](std::string_view layer, const torch::Tensor& output) {
    if (layer == wanted) found = output;
  });
  return found;
}

TEST_CASE("a program that changes its input in place changes nobody else's images") {
  Model in_place = script(kInPlace), plain = script(kPlain);
  const torch::Tensor x = pixels(5), before = x.clone();
  CHECK(torch::equal(in_place.output(x), plain.output(x)));
  CHECK(torch::equal(seen(in_place, x, "output"), plain.output(x)));
  const torch::Tensor repeated = x.slice(0, 0, 1).expand({7, 1, 8, 8});  // seven images in the memory of one
  CHECK(torch::equal(in_place.output(repeated), plain.output(repeated)));
  CHECK(torch::equal(x, before));
}

TEST_CASE("gradients flow through a program that changes its input in place") {
  Model in_place = script(kInPlace), plain = script(kPlain);
  const auto gradient = [](Model& model) {
    const torch::Tensor x = pixels(3).clone().set_requires_grad(true);
    return torch::autograd::grad({model.output(x).pow(2).sum()}, {x})[0];
  };
  CHECK(torch::equal(gradient(in_place), gradient(plain)));
  CHECK(gradient(plain).abs().sum().item<double>() > 0);
}

TEST_CASE("an autoencoder's error is taken of the images as they were given") {
  const std::string end = "    return torch.sigmoid(x)\n";
  Autoencoder in_place(script("    x.mul_(0.5)\n" + end)), plain(script("    x = x * 0.5\n" + end));
  const torch::Tensor x = pixels(3);
  CHECK(torch::equal(seen(in_place, x, Autoencoder::kError), seen(plain, x, Autoencoder::kError)));
}

TEST_CASE("what a program hands out of its own is a copy, and stays as it was") {
  torch::jit::Module module("own");
  module.register_buffer("held", torch::zeros({1, 4}));
  module.define("def forward(self, x):\n    self.held.add_(1.0)\n    return self.held.expand([x.size(0), 4])\n");
  Model own = saved(module);
  torch::Tensor first = own.output(pixels(3));
  CHECK((first == 1).all().item<bool>());
  own.output(pixels(3));
  CHECK((first == 1).all().item<bool>());
  first.fill_(100);  // three rows of their own
  CHECK((own.output(pixels(3)) == 3).all().item<bool>());

  Model same = script("    return x\n"), view = script("    return x[:, :, 1:]\n");
  const torch::Tensor x = pixels(2), before = x.clone();
  same.output(x).zero_();
  view.output(x).zero_();
  CHECK(torch::equal(x, before));
}

TEST_CASE("a program runs in the type of its weights when it takes no other") {
  torch::jit::Module module("typed");
  RandomStream random(Seed(3));
  const torch::Tensor weights = random_weights({64, 4}, 0.3, random);
  module.register_parameter("w", weights, false);
  module.define("def forward(self, x):\n    return torch.matmul(x.flatten(1), self.w)\n");
  Classifier single(saved(module));
  const torch::Tensor x = pixels(4);
  for (const auto& [type, tolerance] : {std::pair{torch::kFloat64, 1e-5}, {torch::kBFloat16, 0.1}}) {
    torch::jit::Module typed = module.deepcopy();
    typed.setattr("w", weights.to(type));
    Classifier classifier(saved(typed));
    const torch::Tensor at = x.clone().set_requires_grad(true);
    const torch::Tensor logits = classifier.logits(at);
    CHECK((logits - single.logits(x)).abs().max().item<double>() < tolerance);
    CHECK(logits.scalar_type() == (type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32));
    CHECK(torch::autograd::grad({logits.sum()}, {at})[0].abs().sum().item<double>() > 0);
    CHECK_THAT(error_text([&] { classifier.logits(torch::zeros({1, 1, 9, 9})); }), Contains("does not take images"));
  }
  torch::jit::Module half = module.deepcopy();
  half.setattr("w", weights.to(torch::kFloat16));
  CHECK_THAT(error_text([&] { saved(half).output(x); }),
             Contains("found one in Half") && Contains("save model.float()"));
}

TEST_CASE("a program that runs out of memory is not tried in another type") {
  torch::jit::Module module("large");
  module.register_parameter("weights", torch::ones({64, 4}, torch::kFloat64), false);
  module.define(
      "def forward(self, x):\n    if x.element_size() == 4:\n        x = torch.zeros([x.size(0), 1 << 50])\n"
      "    return torch.matmul(x.flatten(1), self.weights)\n");
  Model large = saved(module);
  CHECK_THROWS_AS(large.output(pixels(2)), std::bad_alloc);
}

TEST_CASE("one logit stands for two classes, and a lone image keeps its axis") {
  const std::string sum = "    z = x.flatten(1).sum(1) - 28.0\n";
  const torch::Tensor x = pixels(6);
  const torch::Tensor z = x.flatten(1).sum(1) - 28.0;
  for (const char* end : {"    return z\n", "    return z.unsqueeze(1)\n", "    return z.unsqueeze(1).squeeze()\n"}) {
    Classifier classifier(script(sum + end));
    const torch::Tensor logits = classifier.logits(x);
    REQUIRE(logits.size(1) == 2);
    CHECK((logits.select(1, 0) == 0).all().item<bool>());
    CHECK(torch::allclose(logits.select(1, 1), z));
    CHECK(torch::equal(predict(classifier, x), (z > 0).to(torch::kInt64)));
    CHECK(torch::allclose(classifier.logits(x.slice(0, 0, 1)), logits.slice(0, 0, 1)));
  }
  Classifier squeezing(script("    return x.flatten(1)[:, 0:3].squeeze()\n"));
  CHECK(torch::equal(squeezing.logits(x.slice(0, 0, 1)), squeezing.logits(x).slice(0, 0, 1)));
}

TEST_CASE("what is no output of numbers is named, with what came") {
  const torch::Tensor x = pixels(2);
  const auto complaint = [&](const std::string& body) { return error_text([&] { script(body).output(x); }); };
  CHECK_THAT(complaint("    return x, x.flatten(1)\n"), Contains("found a tuple of (Float [2,1,8,8], Float [2,64])"));
  CHECK_THAT(complaint("    return {\"scores\": x.flatten(1), \"mask\": x}\n"),
             Contains("found a dict of {scores: Float [2,64], mask: Float [2,1,8,8]}"));
  CHECK_THAT(complaint("    return [x, x]\n"), Contains("found a list of (Float [2,1,8,8], Float [2,1,8,8])"));
  Classifier classes(script("    return x.flatten(1).argmax(1)\n"));
  CHECK_THAT(error_text([&] { classes.logits(x); }), Contains("found numbers of type Long") && Contains("not classes"));
  CHECK_THAT(complaint("    return x.flatten(0)\n"),
             Contains("expected an output for each of 2 images, found Float [128]"));
}

TEST_CASE("programs that take something else than images are refused when they are loaded") {
  const auto complaint = [](const std::string& definition) {
    const TemporaryFolder folder;
    torch::jit::Module module("other");
    module.define(definition);
    module.save((folder / "m.pt").string());
    return error_text([&] { load_model((folder / "m.pt").string()); });
  };
  CHECK_THAT(complaint("def forward(self, x, y):\n    return x + y\n"),
             Contains("found forward(x: Tensor, y: Tensor)"));
  CHECK_THAT(complaint("def forward(self, x: List[Tensor]):\n    return x[0]\n"),
             Contains("found forward(x: List[Tensor])"));
  CHECK_THAT(complaint("def forward(self):\n    return torch.zeros([2, 2])\n"), Contains("found forward()"));
  CHECK_THAT(complaint("def run(self, x):\n    return x\n"), Contains("found none"));
  Model optional = script("    return x.flatten(1)\n");
  CHECK(optional.output(pixels(2)).size(1) == 64);
}

TEST_CASE("a program saved on a GPU runs on the CPU, whatever device its code names") {
  const TemporaryFolder folder;
  save_script_network(folder / "cpu.pt");
  put_on_gpu(folder / "cpu.pt", folder / "gpu.pt");
  REQUIRE(read_file(folder / "gpu.pt").find("cuda:0") != std::string::npos);
  Model cpu = load_model((folder / "cpu.pt").string()), gpu = load_model((folder / "gpu.pt").string());
  const torch::Tensor x = pixels(3);
  CHECK(torch::equal(cpu.output(x), gpu.output(x)));

  torch::jit::Module module("devices");
  module.register_attribute("device", c10::StringType::get(), std::string("cuda:1"));
  module.define("def moved(self, x):\n    return x.to(torch.device(self.device))\n");
  module.define(
      "def forward(self, x):\n"
      "    y = torch.zeros([1], device=torch.device(\"cuda:0\")) + self.moved(x).to(\"cuda\")\n"
      "    if y.size(0) > 0:\n        y = y.cuda()\n"
      "    return y.flatten(1)\n");
  module.save((folder / "devices.pt").string());
  Model devices = load_model((folder / "devices.pt").string());
  CHECK(torch::equal(devices.output(x), x.flatten(1)));
}

TEST_CASE("files that this torch cannot load are told apart, each with its cure") {
  const TemporaryFolder folder;
  save_script_network(folder / "m.pt");
  make_newer(folder / "m.pt", folder / "newer.pt");
  const auto complaint = [&](const char* name) { return error_text([&] { load_model((folder / name).string()); }); };
  CHECK_THAT(complaint("newer.pt"),
             Contains("written by a newer torch than 1.13; save it again with torch 1.13 or older"));
  change_archive(folder / "m.pt", folder / "unknown.pt", [](const std::string& member, std::string content) {
    const std::size_t at = ends_in(member, ".py") ? content.find("torch.relu(") : std::string::npos;
    if (at != std::string::npos) content.replace(at, 11, "torch.rolu(");
    return content;
  });
  CHECK_THAT(complaint("unknown.pt"), Contains("expected operators that torch 1.13 has"));
  write_file(folder / "weights.pt", zip_of({{"weights/data.pkl", "x"}, {"weights/version", "3\n"}}));
  CHECK_THAT(complaint("weights.pt"), Contains("found a file of torch.save"));
}

}  // namespace
}  // namespace deepmine
