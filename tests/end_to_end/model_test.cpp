#include <torch/script.h>

#include <cmath>

#include "tests/end_to_end/watched_process.h"
#include "tests/support/small_network.h"

using namespace deepmine;

namespace {

/// A TorchScript model of two pixels and two classes: logits (a - b, b - a).
std::string write_script(const TemporaryFolder& folder) {
  torch::jit::Module module("difference");
  module.define(R"(
    def forward(self, x):
        y = x.flatten(1)
        return torch.stack([y[:, 0] - y[:, 1], y[:, 1] - y[:, 0]], 1)
  )");
  const std::string file = (folder / "difference.pt").string();
  module.save(file);
  return file;
}

/// Two images of class 0, the second too far from class 1 for an epsilon of 0.2.
std::string write_pixels(const TemporaryFolder& folder) {
  return write_values<float>(folder / "x.npy", {2, 1, 1, 2}, {0.6F, 0.4F, 0.9F, 0.1F});
}

std::string write_network(const TemporaryFolder& folder) {
  const auto network = untrained_network();
  const std::string file = (folder / "resnet20.npz").string();
  save_model(file, *network, {{"network", "resnet20:channels=1,size=8,classes=4"}});
  return file;
}

std::string write_noise(const TemporaryFolder& folder, std::size_t count) {
  RandomStream random{Seed(3)};
  std::vector<float> pixels;
  for (std::size_t i = 0; i < count * 64; ++i) {
    pixels.push_back(static_cast<float>(random.uniform()));
  }
  return write_values(folder / "noise.npy", {count, 1, 8, 8}, pixels);
}

TEST_CASE("FGSM against a TorchScript model, by hand") {
  const TemporaryFolder folder;
  const std::string images = write_pixels(folder), out = (folder / "adv.npy").string();
  const std::string before = read_file(images);
  const Words words{"attack",   "fgsm:epsilon=0.2",
                    "--model",  write_script(folder),
                    "--images", images,
                    "--out",    out,
                    "--json"};
  const Json found = json_of(deepmine_run(words));
  CHECK(found["attack"] == "fgsm:clip=unit,epsilon=0.2");
  CHECK(found["targeted"] == false);
  CHECK(found["inputs"] == 2);
  CHECK(found["success_rate"] == 0.5);
  CHECK(found["mean_l0"] == 2.0);
  CHECK(found["mean_l2"].get<double>() == Approx(0.2 * std::sqrt(2)));
  CHECK(found["mean_linf"].get<double>() == Approx(0.2));
  const Array adversarial = read_array(out);
  CHECK(adversarial.shape == std::vector<std::size_t>{2, 1, 1, 2});
  const auto& pixels = std::get<std::vector<float>>(adversarial.values);
  const std::vector<float> expected{0.4F, 0.6F, 0.7F, 0.3F};
  for (std::size_t i = 0; i < pixels.size(); ++i) CHECK(pixels[i] == Approx(expected[i]));
  CHECK(read_file(images) == before);
}

TEST_CASE("Labels and targets, from files or as one class, say what the attack wants") {
  const TemporaryFolder folder;
  const std::string labels = write_values<std::int64_t>(folder / "y.npy", {2}, {1, 0});
  const std::string ones = write_values<std::int64_t>(folder / "t.npy", {2}, {1, 1});
  const Words base{"attack",   "fgsm:epsilon=0.2",   "--model", write_script(folder),
                   "--images", write_pixels(folder), "--json"};
  const auto with = [&](const char* out, const Words& more) {
    Words words = base;
    words.insert(words.end(), {"--out", (folder / out).string()});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::vector<Finished> finished =
      deepmine_all({with("a.npy", {"--labels", labels}), with("b.npy", {"--targets", ones}),
                    with("c.npy", {"--target", "1"})});
  // Away from a label that the model never gave, the first image already is where it should be.
  CHECK(json_of(finished[0])["success_rate"] == 0.5);
  CHECK(json_of(finished[1])["success_rate"] == 0.5);
  CHECK(json_of(finished[1])["targeted"] == true);
  CHECK(json_of(finished[2])["success_rate"] == 0.5);
  CHECK(read_file(folder / "b.npy") == read_file(folder / "c.npy"));
}

TEST_CASE("BIM on a network of ours stays in its budget, and repeats itself") {
  const TemporaryFolder folder;
  const std::string model = write_network(folder), images = write_noise(folder, 3);
  const auto attack = [&](const char* out, const std::string& name) {
    return Words{"attack",   "bim:epsilon=0.05,step=0.02,steps=3",
                 "--model",  name,
                 "--images", images,
                 "--out",    (folder / out).string(),
                 "--quiet"};
  };
  const std::vector<Finished> finished =
      deepmine_all({attack("a.npy", model),
                    attack("b.npy", "resnet20:channels=1,size=8,classes=4,weights=" + model)});
  for (const Finished& one : finished) {
    CHECK(one.code == 0);
    CHECK(one.err.empty());
    CHECK(one.out.find("bim:clip=unit,epsilon=0.05,step=0.02,steps=3") != std::string::npos);
    CHECK(one.out.find("success rate") != std::string::npos);
  }
  CHECK(read_file(folder / "a.npy") == read_file(folder / "b.npy"));
  const auto clean = values_as<float>(read_array(images), "clean");
  const auto anomalous = values_as<float>(read_array(folder / "a.npy"), "anomalous");
  REQUIRE(clean.size() == anomalous.size());
  float largest = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    largest = std::max(largest, std::abs(clean[i] - anomalous[i]));
    CHECK((anomalous[i] >= 0 && anomalous[i] <= 1));
  }
  CHECK(largest <= 0.05F + 1e-6F);
  CHECK(largest > 0.01F);
}

TEST_CASE("activations lists layers and writes one of them") {
  const TemporaryFolder folder;
  const std::string model = write_network(folder), script = write_script(folder);
  const std::string images = write_noise(folder, 3), out = (folder / "a.npy").string();
  const std::vector<Finished> finished = deepmine_all(
      {{"activations", "--model", model, "--layers"},
       {"activations", "--model", model, "--layers", "--json"},
       {"activations", "--model", script, "--images", write_pixels(folder), "--layers", "--json"},
       {"activations", "--model", model, "--images", images, "--layer", "stem.conv", "--out",
        out}});
  CHECK(finished[0].out.rfind("stem.conv", 0) == 0);
  const Json layers = json_of(finished[1])["layers"];
  CHECK(layers[0] == Json({{"name", "stem.conv"}, {"nodes", 16 * 8 * 8}, {"shape", {16, 8, 8}}}));
  CHECK(layers.back() == Json({{"name", "logits"}, {"nodes", 4}, {"shape", Json::array({4})}}));
  CHECK(json_of(finished[2])["layers"] == Json({{{"name", "output"}, {"nodes", 2}, {"shape", Json::array({2})}}}));
  CHECK(finished[3].code == 0);
  CHECK(read_array(out).description() == "[3, 1024] float32");
}

TEST_CASE("Images outside [0,1] are admitted for activations only, and only when asked for") {
  const TemporaryFolder folder;
  const std::string images = write_values<double>(folder / "wild.npy", {1, 1, 1, 2}, {-0.25, 1.25});
  const std::string out = (folder / "a.csv").string();
  const Words words{"activations", "--model", write_script(folder),
                    "--images",    images,    "--layer",
                    "output",      "--out",   out};
  Words admitted = words;
  admitted.emplace_back("--allow-out-of-range");
  check_refusals({{words, "wild.npy: expected pixels in [0,1], found -0.25 to 1.25"}});
  CHECK(deepmine_run(admitted).code == 0);
  CHECK(read_file(out) == "-1.5,1.5\n");
}

TEST_CASE("Models, images and classes that do not fit are refused") {
  const TemporaryFolder folder;
  const std::string script = write_script(folder), images = write_pixels(folder);
  const std::string network = write_network(folder), out = (folder / "out.npy").string();
  const std::string text = (folder / "text.pt").string();
  write_file(text, "no model");
  const std::string flat = write_values<float>(folder / "flat.npy", {2, 2}, {0, 0, 0, 0});
  const std::string none = write_values<float>(folder / "none.npy", {0, 1, 1, 2}, {});
  const std::string bytes =
      write_values<std::uint8_t>(folder / "bytes.npy", {1, 1, 1, 2}, {0, 255});
  const std::string nan = write_values<float>(folder / "nan.npy", {1, 1, 1, 2}, {0, NAN});
  const std::string three = write_values<std::int64_t>(folder / "three.npy", {3}, {0, 1, 1});
  const std::string wrong = write_values<std::int64_t>(folder / "wrong.npy", {2}, {0, 2});
  const auto attack = [&](const std::string& spec, const std::string& model,
                          const std::string& file, const Words& more) {
    Words words{"attack", spec, "--model", model, "--images", file, "--out", out};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const auto layer = [&](const std::string& model, const std::string& name) {
    return Words{"activations", "--model", model,   "--images", images,
                 "--layer",     name,      "--out", out};
  };
  check_refusals({
      {attack("fgsn", script, images, {}), "unknown attack \"fgsn\"; known: bim, "},
      {attack("fgsm:eps=1", script, images, {}), "unknown key \"eps\"; known: clip, epsilon"},
      {attack("fgsm:epsilon=2", script, images, {}), "epsilon: expected a number in [0, 1]"},
      {attack("fgsm", "absent.pt", images, {}), "absent.pt: expected a model file"},
      {attack("fgsm", text, images, {}), "text.pt: expected a TorchScript file"},
      {attack("fgsm", network, images, {}), "expected images of 1 x 8 x 8"},
      {attack("fgsm", script, flat, {}), "flat.npy: expected images [N,C,H,W], found [2, 2]"},
      {attack("fgsm", script, none, {}), "none.npy: expected images [N,C,H,W]"},
      {attack("fgsm", script, bytes, {}),
       "bytes.npy: expected float32 pixels in [0,1], found uint8"},
      {attack("fgsm", script, nan, {}), "nan.npy: expected finite pixels"},
      {attack("fgsm", script, images, {"--labels", three}),
       "three.npy: expected one class for each"},
      {attack("fgsm", script, images, {"--targets", wrong}),
       "expected classes 0 to 1, found 0 to 2"},
      {attack("fgsm", script, images, {"--target", "2"}), "expected classes 0 to 1"},
      {attack("fgsm", script, images, {"--target", "-1"}), "--target: expected a whole number"},
      {attack("fgsm", script, images, {"--target", "1", "--targets", wrong}), "found both"},
      {{"attack", "fgsm", "--model", script, "--images", images, "--out", images},
       "expected another file than those that are read"},
      {layer(network, "conv9"), "unknown layer \"conv9\"; known: stem.conv"},
      {layer(network, "logits"), "expected images of 1 x 8 x 8"},
      {{"activations", "--model", script, "--layers"}, "expected --images"},
  });
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("An interrupt ends with code 130 and tells how to go on") {
  const TemporaryFolder folder;
  constexpr std::size_t kCount = 200000;  // a minute of work
  const std::string images =
      write_values(folder / "many.npy", {kCount, 1, 1, 2}, std::vector<float>(2 * kCount, 0.5F));
  Process attack(deepmine_words({"attack", "bim:steps=200", "--model", write_script(folder),
                                 "--images", images, "--out", (folder / "a.npy").string()}));
  CHECK(worked(attack, 1.5));
  attack.send(SIGINT);
  const Finished finished = attack.wait();
  CHECK(finished.code == 130);
  CHECK(finished.err.find("interrupted; run the same command again to continue\n") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "a.npy"));
}

}  // namespace
