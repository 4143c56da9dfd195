#include <torch/script.h>

#include <filesystem>

#include "framework/core/array.h"
#include "tests/end_to_end/program.h"
#include "tests/support/script_network.h"

using namespace deepmine;
namespace fs = std::filesystem;

namespace {

/// A TorchScript network of four classes, and random images for it.
struct Bench {
  TemporaryFolder folder;
  std::string model = (folder / "small.pt").string();
  std::string images;

  explicit Bench(std::size_t count, double low = 0, double high = 1) {
    save_script_network(model);
    images = write_images("x.npy", count, low, high);
  }
  std::string write_images(const char* name, std::size_t count, double low, double high) const {
    RandomStream random(Seed(2));
    std::vector<float> pixels;
    for (std::size_t i = 0; i < count * 64; ++i) pixels.push_back(static_cast<float>(random.uniform()));
    for (float& pixel : pixels) pixel = static_cast<float>(low + (high - low) * static_cast<double>(pixel));
    return write_values<float>(folder / name, {count, 1, 8, 8}, pixels);
  }
  Words words(const std::string& attack, const char* out, const Words& more = {}) const {
    Words result{"attack", attack, "--model", model, "--images", images, "--out", (folder / out).string(), "--json"};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }
  std::vector<float> values(const char* name) const {
    return values_as<float>(read_array(folder / name), name);
  }
};

int batches_in(const fs::path& folder) {
  std::error_code none;
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder, none)) count += entry.path().extension() == ".batch" ? 1 : 0;
  return count;
}

TEST_CASE("an attack on 10,000 images killed three times gives the file of an undisturbed one") {
  const Bench bench(10000);
  const std::string spec = "bim-b:epsilon=0.1,step=0.01,steps=6";
  const auto run = [&](const char* out) {
    return bench.words(
        spec, out,
        {"--target", "random", "--threads", "1", "--out-first", (bench.folder / out).string() + ".first.npy"});
  };
  const Json whole = json_of(deepmine_run(run("whole.npy")));
  const fs::path kept = (bench.folder / "killed.npy").string() + ".batches";
  for (const int stop : {3, 20, 60}) {
    Process program(deepmine_words(run("killed.npy")), Stdout::kKept);
    program.run_until([&] { return batches_in(kept) >= stop; });
    program.send(SIGKILL);
    CHECK(program.wait().code == -SIGKILL);
    CHECK_FALSE(fs::exists(bench.folder / "killed.npy"));
  }
  const int left = batches_in(kept);
  CHECK((left >= 60 && left < 100));
  const Json last = json_of(deepmine_run(run("killed.npy")));
  CHECK_FALSE(fs::exists(kept));
  CHECK(read_file(bench.folder / "killed.npy") == read_file(bench.folder / "whole.npy"));
  CHECK(read_file(bench.folder / "killed.npy.first.npy") == read_file(bench.folder / "whole.npy.first.npy"));
  for (const char* key : {"success_rate", "mean_l2", "mean_gradients"}) CHECK(last[key] == whole[key]);
  CHECK(whole["mean_gradients"] == 6);
}

TEST_CASE("batches of another order are not taken over") {
  const Bench bench(300);
  const auto run = [&](const std::string& attack, const Words& more = {}) {
    return json_of(deepmine_run(bench.words(attack, "a.npy", more)));
  };
  run("bim:epsilon=0.1,steps=3");
  const std::string expected = read_file(bench.folder / "a.npy");
  Process program(deepmine_words(bench.words("bim:epsilon=0.1,steps=400", "a.npy")), Stdout::kKept);
  const fs::path kept = (bench.folder / "a.npy").string() + ".batches";
  program.run_until([&] { return batches_in(kept) >= 1; });
  program.send(SIGKILL);
  program.wait();
  REQUIRE(batches_in(kept) >= 1);
  run("bim:epsilon=0.1,steps=3");
  CHECK(read_file(bench.folder / "a.npy") == expected);
}

TEST_CASE("images and models of another range are attacked in their own units") {
  const Bench unit(40), wide(40, -2, 6);
  const std::string spec = "fgsm:epsilon=0.05";
  const Json expected = json_of(deepmine_run(unit.words(spec, "a.npy", {"--target", "next"})));
  // The same network behind a change of range.
  const std::string body = "    y = torch.conv2d((x + 2.0) / 8.0 - 0.5, self.w, None, [1, 1], [1, 1])\n"
                           "    return torch.matmul(torch.relu(y).flatten(1), self.dense.t())\n";
  torch::jit::Module module("wide");
  const torch::jit::Module small = script_network();
  module.register_parameter("w", small.attr("w").toTensor(), false);
  module.register_parameter("dense", small.attr("dense").toTensor(), false);
  module.define("def forward(self, x):\n" + body);
  module.save(wide.model);
  const Json found = json_of(deepmine_run(wide.words(spec, "a.npy", {"--target", "next", "--range", "-2,6"})));
  CHECK(found["success_rate"] == expected["success_rate"]);
  CHECK(found["mean_linf"].get<double>() == Approx(0.05).epsilon(1e-4));
  const auto narrow = unit.values("a.npy"), broad = wide.values("a.npy");
  std::size_t far = 0;  // a gradient near 0 may have another sign
  for (std::size_t i = 0; i < narrow.size(); ++i) far += std::abs(broad[i] - (8 * narrow[i] - 2)) > 1e-4 ? 1 : 0;
  CHECK(far < narrow.size() / 500);
}

TEST_CASE("a range whose bounds float32 does not hold admits images at its bounds") {
  const Bench bench(1);
  std::vector<float> pixels(64, 0.3F);
  pixels[0] = -0.1F;
  write_values<float>(bench.images, {1, 1, 8, 8}, pixels);
  const Json found = json_of(deepmine_run(bench.words("fgsm:epsilon=0", "a.npy", {"--range", "-0.1,0.3"})));
  CHECK(found["mean_linf"] == 0);
  for (std::size_t i = 0; i < 64; ++i) CHECK(bench.values("a.npy")[i] == Approx(pixels[i]).margin(1e-6));
}

TEST_CASE("the option --seed is the seed of attacks that draw, unless their spec names one") {
  const Bench bench(4);
  const auto attack = [&](const std::string& spec, const Words& more) {
    return json_of(deepmine_run(bench.words(spec, "a.npy", more)))["attack"].get<std::string>();
  };
  CHECK(attack("noise", {"--seed", "5"}).find("seed=5") != std::string::npos);
  CHECK(attack("noise:seed=3", {"--seed", "5"}).find("seed=3") != std::string::npos);
  CHECK(attack("fgsm", {"--seed", "5"}).find("seed") == std::string::npos);
  CHECK(
      attack("ensemble:attacks=[noise:seed=3+noise+fgsm]", {"--seed", "5"}) ==
      "ensemble:attacks=[noise:clip=unit,kind=gaussian,seed=3,size=0.05+noise:clip=unit,kind=gaussian,seed=5,size=0.05+"
      "fgsm:clip=unit,epsilon=0.3],keep=first,seed=5");
}

TEST_CASE("a model without gradient is no obstacle to attacks that need none, and refused in one line by all others") {
  const Bench bench(3);
  torch::jit::Module module("decided");
  module.define("def forward(self, x):\n"
                "    z = x[:, :, :4].flatten(1).mean(1) > x[:, :, 4:].flatten(1).mean(1)\n"
                "    return torch.one_hot(z.long(), 2)\n");
  module.save(bench.model);
  for (const char* spec : {"noise", "square:epsilon=0.2,queries=100", "hopskipjump:steps=3",
                           "ensemble:attacks=[square:queries=50+noise]"}) {
    INFO(spec);
    const Finished run = deepmine_run(bench.words(spec, "a.npy", {"--quiet"}));
    const Json found = json_of(run);
    CHECK(run.err.empty());
    CHECK(found["warnings"].empty());
    CHECK(found["mean_gradients"] == 0);
    CHECK((found["mean_queries"] > 0) == (std::string(spec) != "noise"));
    CHECK(bench.values("a.npy").size() == 3 * 64);
  }
  CHECK(json_of(deepmine_run(bench.words("hopskipjump:steps=3", "a.npy")))["success_rate"] == 1);
  const std::string line = "found one whose logits do not depend on them by differentiable steps; attacks that need "
                           "no gradient: "
                           "fooling, hopskipjump, noise, square";
  check_refusals({{bench.words("fgsm", "a.npy"), line}, {bench.words("ensemble:attacks=square+pgd", "a.npy"), line}});
}

TEST_CASE("a model that changes in place what its gradient needs is refused in one line") {
  const Bench bench(3);
  torch::jit::Module module("spoilt");
  module.define("def forward(self, x):\n"
                "    y = x * x\n"
                "    x.zero_()\n"
                "    return y.flatten(1)[:, 0:3]\n");
  module.save(bench.model);
  check_refused(deepmine_run(bench.words("fgsm", "a.npy", {"--quiet"})),
                "if it changes in place what its gradient needs, clone that first");
}

TEST_CASE("JSMA on images of 3 x 224 x 224 stays under 1 GB in every form") {
  const TemporaryFolder folder;
  torch::jit::Module module("large");
  RandomStream random(Seed(8));
  module.register_parameter("dense", random_weights({3, 3 * 56 * 56}, 0.1, random), false);
  module.define("def forward(self, x):\n"
                "    y = torch.avg_pool2d(x, [4, 4])\n"
                "    return torch.matmul(torch.relu(y - 0.3).flatten(1), self.dense.t())\n");
  module.save((folder / "large.pt").string());
  constexpr std::size_t kValues = 10 * 3 * 224 * 224;
  std::vector<float> pixels(kValues);
  for (float& pixel : pixels) pixel = static_cast<float>(random.uniform());
  const std::string images = write_values<float>(folder / "x.npy", {10, 3, 224, 224}, pixels);
  for (const std::string form : {"probability", "logit", "fast"}) {
    INFO(form);
    const Finished run =
        deepmine_run({"attack", "jsma:steps=3,form=" + form, "--model", (folder / "large.pt").string(), "--images",
                      images, "--target", "next", "--out", (folder / "a.npy").string(), "--json"});
    const Json found = json_of(run);
    CHECK(found["mean_l0"].get<double>() > 2);
    CHECK(run.peak_kilobytes < 1000000);
    WARN("JSMA, " << form << ", 3 x 224 x 224: " << run.peak_kilobytes / 1000 << " MB");
  }
}

TEST_CASE("a preset is written out, and what is given beside it wins") {
  const Bench bench(4);
  const Json found = json_of(deepmine_run(bench.words("cw:preset=cleverhans,steps=5", "a.npy")));
  CHECK(found["attack"] == "cw:abort=true,c=0.01,confidence=0,rate=0.005,searches=5,steps=5");
}

TEST_CASE("a suspicious evaluation is told, on stderr and in JSON") {
  const Bench bench(30);
  torch::jit::Module module("soft");
  module.define(
      "def forward(self, x):\n    z = x.flatten(1).sum(1) - 32.0\n    return torch.stack([z, -z], 1).softmax(1)\n");
  module.save(bench.model);
  const Finished run = deepmine_run(bench.words("fgsm", "a.npy", {"--target", "1"}));
  CHECK(json_of(run)["warnings"][0].get<std::string>().find("probabilities") != std::string::npos);
  CHECK(run.err.find("deepmine: warning: the model's outputs look like probabilities") != std::string::npos);
}

TEST_CASE("orders an attack cannot carry out are refused") {
  const Bench bench(4);
  const auto refused = [&](const std::string& attack, const Words& more) { return bench.words(attack, "a.npy", more); };
  const auto with_model = [&](const char* name, const std::string& body) {
    return [&bench, file = save_script(bench.folder, name, body).string()](const std::string& attack,
                                                                           const Words& more = {}) {
      Words words = bench.words(attack, "a.npy", more);
      words[3] = file;
      return words;
    };
  };
  const auto no_class = with_model("none.pt", "    return x.flatten(1)[:, 0:0]\n");
  const auto root =
      with_model("root.pt", "    z = torch.sqrt(x * 0.0).flatten(1).sum(1)\n    return torch.stack([z, -z], 1)\n");
  const std::string labels = write_values<std::int64_t>(bench.folder / "y.npy", {4}, {0, 1, 2, 4});
  check_refusals({
      {refused("cw:preset=carlin", {}), "preset: expected one of carlini, cleverhans"},
      {refused("noise:preset=x", {}), "unknown key \"preset\""},
      {refused("ensemble:attacks=[fgsm+bim:step=x]", {}), "step: expected a number, such as 0.1 or 8/255, found \"x\""},
      {refused("ensemble:attacks=[fgsm+bim", {}), "expected a ] for each ["},
      {refused("bim-a", {"--out-first", "b.npy"}), "such as bim-b, found bim-a"},
      {refused("bim-b", {"--out-first", (bench.folder / "a.npy").string()}), "expected another file than --out"},
      {refused("fgsm", {"--range", "0"}), "--range: expected LOW,HIGH"},
      {refused("fgsm", {"--range", "1,0"}), "expected LOW below HIGH"},
      {refused("fgsm", {"--range", "0,x"}), "--range: expected a number"},
      {refused("fgsm", {"--range", "0.5,1"}), "expected pixels in the range 0.5 to 1"},
      {refused("fgsm", {"--target", "nxt"}), "--target: expected next, random or a class"},
      {refused("fgsm", {"--labels", labels, "--target", "next"}), "expected classes 0 to 3, found 0 to 4"},
      {no_class("fgsm"), "expected a classifier of at least 2 classes, found 0"},
      {no_class("fgsm", {"--target", "random"}), "expected a classifier of at least 2 classes, found 0"},
      {root("fgsm"), "expected finite gradients"},
      {refused("jsma:theta=0", {}), "theta: expected a number in (0, 1]"},
  });
}

}  // namespace
