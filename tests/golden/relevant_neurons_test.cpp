// The golden LeNet and the other cases of relevant-neurons that need a network or images, through the library.
#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <memory>

#include "framework/activation/grad_cam.h"
#include "framework/core/error.h"
#include "framework/core/npz.h"
#include "framework/data/dataset.h"
#include "framework/detect/channel_energies.h"
#include "framework/detect/detector.h"
#include "framework/detect/non_local_means.h"
#include "framework/detect/relevant_units.h"
#include "framework/detect/rows.h"
#include "framework/detect/squeezers.h"
#include "framework/learn/l1_ball.h"
#include "framework/learn/mu_lasso.h"
#include "framework/model/network.h"
#include "tests/framework/learn/golden.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

constexpr const char* kFolder = "relevant-neurons";

Npz archive(const std::string& name) {
  return read_npz(std::filesystem::path(std::getenv("DEEPMINE_SHARED")) / "golden" / kFolder / (name + ".npz"));
}

/// float32 or, of bytes, in [0,255].
torch::Tensor tensor_of(const Array& array) {
  const auto values = values_as<float>(array, "golden array");
  return torch::tensor(at::ArrayRef<float>(values))
      .view(std::vector<std::int64_t>(array.shape.begin(), array.shape.end()));
}

/// One of an archive that holds text as well.
Array array_of(const std::string& file, const std::string& name) {
  const std::filesystem::path folder = std::getenv("DEEPMINE_SHARED");
  return read_array(folder / "golden" / kFolder / (file + ".npz:" + name));
}

torch::Tensor tensor_of(const std::string& file, const std::string& name) { return tensor_of(array_of(file, name)); }

std::vector<double> numbers(const torch::Tensor& tensor) { return numbers_of<double>(tensor.flatten()); }

/// The golden LeNet, under our names.
std::unique_ptr<Classifier> golden_lenet() {
  const std::map<std::string, std::string> ours{{"c1", "conv1"}, {"c2", "conv2"}, {"f1", "fc1"}, {"f2", "fc2"},
                                                {"f3", "fc3"}};
  Npz renamed;
  const Npz golden = archive("h_lenet");
  for (const auto& [name, array] : golden.arrays) renamed.arrays[ours.at(name.substr(0, 2)) + name.substr(2)] = array;
  const TemporaryFolder folder;
  write_npz(folder / "lenet.npz", renamed);
  return load_classifier("lenet:weights=" + (folder / "lenet.npz").string());
}

double largest_relative(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(found[i] - expected[i]) / std::max(std::abs(expected[i]), 1e-6));
  }
  return largest;
}

TEST_CASE("the golden LeNet has the golden energies, descriptors and classes") {
  if (!Golden::find(kFolder)) return;
  const Npz golden = archive("h_end_to_end");
  const auto classifier = golden_lenet();
  const Inputs inputs(*classifier, tensor_of(golden.arrays.at("images")));
  CHECK(numbers_of<std::int64_t>(inputs.predicted()) == values_as<std::int64_t>(golden.arrays.at("pred"), "pred"));
  const Descriptors found = ChannelEnergies({}).of(inputs);
  CHECK(found.sizes == std::vector<std::size_t>{10, 20, 120, 84});
  const auto expected = values_as<double>(golden.arrays.at("descriptor"), "descriptor");
  CHECK(largest_difference(Matrix<double>(found.rows).take(), expected) < 1e-5);
  std::vector<torch::Tensor> raw;
  for (const char* layer : {"relu1", "relu2"}) raw.push_back(inputs.feature({layer, Pooling::kChannelEnergy}));
  for (const char* layer : {"relu3", "relu4"}) raw.push_back(inputs.feature({layer}).square());
  CHECK(largest_relative(numbers(torch::cat(raw, 1)), values_as<double>(golden.arrays.at("raw"), "raw")) < 1e-4);
}

/// The descriptors that the golden sets were selected on, and their classes.
struct Training {
  Matrix<double> rows;
  std::vector<std::int64_t> classes;
};

Training training(Classifier& classifier, const Npz& golden) {
  const Dataset mnist = load_dataset("mnist", Part::kTrain, DataFolders());
  const auto index = values_as<std::int64_t>(golden.arrays.at("train_index"), "train_index");
  const torch::Tensor which = torch::tensor(at::ArrayRef<std::int64_t>(index));
  const Inputs inputs(classifier, mnist.images.index_select(0, which).to(torch::kFloat32).div_(255));
  const auto classes = numbers_of<std::int64_t>(inputs.predicted());
  CHECK(classes == values_as<std::int64_t>(golden.arrays.at("train_pred"), "train_pred"));
  return {ChannelEnergies({}).of(inputs).rows, classes};
}

void check_weights(const Npz& golden, const std::string& labels, const Training& data) {
  Matrix<double> targets(data.classes.size(), 10, labels == "pm1" ? -1.0 : 0.0);
  for (std::size_t i = 0; i < data.classes.size(); ++i) targets(i, static_cast<std::size_t>(data.classes[i])) = 1;
  const LeastSquares problem = LeastSquares::of(data.rows, targets);
  const auto values = [&](const std::string& what, int mu) {
    return values_as<double>(golden.arrays.at(labels + "_" + what + std::to_string(mu)), what);
  };
  for (std::size_t c = 0; c < 10; ++c) {
    const std::vector<LassoSolution> found = mu_lasso(problem, c, {10, 20, 100});
    CAPTURE(labels, c);
    CHECK(found[0].objective == Approx(values("f", 10)[c]).epsilon(1e-5));
    CHECK(found[1].objective == Approx(values("f", 20)[c]).epsilon(1e-5));
    const double stored = values("f", 100)[c];
    CHECK(l1_norm(found[2].weights) <= 100 * (1 + 1e-9));
    CHECK(found[2].objective >= stored - values("gap", 100)[c] - 1e-6);
    CHECK(found[2].objective <= 1.001 * stored);
  }
}

void check_sets(const Npz& golden, const std::string& labels, const Training& data) {
  for (const int mu : {10, 20}) {
    const UnitSets found =
        relevant_units(data.rows, data.classes, 10, {static_cast<double>(mu), labels}, 2).sets;
    const auto expected =
        values_as<std::uint8_t>(golden.arrays.at(labels + "_set" + std::to_string(mu)), "sets");
    for (std::size_t c = 0; c < 10; ++c) {
      std::vector<std::size_t> units;
      for (std::size_t j = 0; j < 234; ++j) {
        if (expected[c * 234 + j] != 0) units.push_back(j);
      }
      CAPTURE(labels, mu, c);
      CHECK(unshared_units({found[c]}, {units}).front().size() <= 2);
    }
  }
}

TEST_CASE("the golden LeNet has the golden weights and sets of relevant units") {
  if (!Golden::find(kFolder) || std::getenv("DEEPMINE_DATA") == nullptr) {
    WARN("SKIPPED: no golden cases or DEEPMINE_DATA");
    return;
  }
  const Npz golden = archive("h_end_to_end");
  const auto classifier = golden_lenet();
  const Training data = training(*classifier, golden);
  for (const std::string labels : {"onehot", "pm1"}) {
    check_weights(golden, labels, data);
    check_sets(golden, labels, data);
  }
}

TEST_CASE("squeezed images and the scores of Feature Squeezing have the golden values") {
  if (!Golden::find(kFolder)) return;
  const auto image = [](const char* name) { return tensor_of("e_squeeze", name); };
  const torch::Tensor x = image("x"), small = image("small");
  CHECK(torch::equal(fewer_bits(x, 1), image("bits1")));
  CHECK(torch::equal(median_filtered(x, 2), image("median2")));
  CHECK(torch::equal(fewer_bits(small, 1), image("small_bits1")));
  CHECK(torch::equal(fewer_bits(small, 2), image("small_bits2")));
  CHECK(torch::equal(fewer_bits(small, 5), image("small_bits5")));
  CHECK(torch::equal(median_filtered(small, 2), image("small_median2")));
  const auto classifier = golden_lenet();
  const auto detector = Registry<Detector>::instance().make(Spec::parse("feature-squeezing:preset=mnist"));
  const Scores found = detector->score(Inputs(*classifier, x), 1);
  const auto scores = [](const char* name) { return values_as<double>(array_of("e_squeeze", name), name); };
  CHECK(largest_difference(found.parts.at("bits"), scores("score_bits")) < 2e-5);
  CHECK(largest_difference(found.parts.at("median"), scores("score_median")) < 2e-5);
  CHECK(largest_difference(found.values, scores("score")) < 2e-5);
}

TEST_CASE("non-local means have the golden values, or are refused") {
  if (!Golden::find(kFolder)) return;
  const torch::Tensor images = tensor_of("e_nlm", "rgb") / 255;
  if (!NonLocalMeans::is_built()) {
    CHECK_THROWS_AS(NonLocalMeans()(images, 1), Error);
    WARN("SKIPPED: built without OpenCV's photo module");
    return;
  }
  const torch::Tensor found = (NonLocalMeans()(images, 2) * 255).round();
  const torch::Tensor apart = (found - tensor_of("e_nlm", "denoised")).abs();
  const bool same = NonLocalMeans::version().rfind("4.6", 0) == 0;  // the golden images are its own
  CHECK(apart.max().item<float>() <= (same ? 0 : 2));
  CHECK(apart.mean().item<float>() <= 0.1F);
  CHECK((found - tensor_of("e_nlm", "denoised_rgb_as_bgr")).abs().max().item<float>() > 2);
}

/// The golden network of Grad-CAM.
class TwoConvolutions : public Network {
 public:
  TwoConvolutions()
      : conv0_(register_module("net0", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).padding(1)))),
        conv1_(register_module("net3", torch::nn::Conv2d(4, 5, 3))),
        dense_(register_module("net6", torch::nn::Linear(980, 3))) {}

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    const auto half = torch::nn::functional::AvgPool2dFuncOptions(2);
    x = torch::nn::functional::avg_pool2d(shown(tap, "conv0", conv0_(x)).relu(), half);
    x = shown(tap, "conv1", conv1_(x)).relu();
    return shown(tap, "logits", dense_(x.flatten(1)));
  }
  ImageShape input() const override { return {3, 32}; }
  void initialise(Seed) override {}

 private:
  torch::nn::Conv2d conv0_, conv1_;
  torch::nn::Linear dense_;
};

TEST_CASE("maps of single channels and of all have the golden values") {
  if (!Golden::find(kFolder)) return;
  const Npz golden = archive("f_gradcam");
  const auto network = std::make_shared<TwoConvolutions>();
  const auto expected = [&](const std::string& name) {
    const auto values = values_as<double>(golden.arrays.at(name), name);
    return std::vector<double>(values.begin(), values.end());
  };
  {
    torch::NoGradGuard no_gradient;
    for (auto& parameter : network->named_parameters()) {
      parameter.value().copy_(tensor_of(golden.arrays.at("net." + parameter.key().substr(3))));  // "net0.bias"
    }
  }
  const auto classifier = classifier_of(network);
  const auto classes = values_as<std::int64_t>(golden.arrays.at("y"), "y");
  const torch::Tensor x = tensor_of(golden.arrays.at("x")), y = torch::tensor(at::ArrayRef<std::int64_t>(classes));
  CHECK(largest_difference(numbers(classifier->logits(x).detach()), expected("logits")) < 1e-5);
  for (const std::string layer : {"conv0", "conv1"}) {
    CAPTURE(layer);
    const GradCam found = grad_cam(*classifier, x, layer, y);
    CHECK(largest_difference(numbers(found.alphas), expected(layer + ".alpha")) < 1e-5);
    CHECK(largest_difference(numbers(found.maps()), expected(layer + ".map_small")) < 1e-5);
    CHECK(largest_difference(numbers(shown_over(found.maps(), 32, 32)), expected(layer + ".map32")) < 2e-4);
    CHECK(largest_difference(numbers(found.combined()), expected(layer + ".gradcam_all_small")) < 1e-5);
  }
  CHECK_THROWS_AS(grad_cam(*classifier, x, "logits", y), Error);
}

}  // namespace
}  // namespace deepmine
