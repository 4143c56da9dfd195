#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"
#include "framework/model/network.h"
#include "tests/support/error_text.h"
#include "tests/support/plain_attacks.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

std::vector<double> scores(const char* spec, const Inputs& inputs) {
  const auto detector = Registry<Detector>::instance().make(Spec::parse(spec));
  return detector->score(inputs, 1).values;
}

TEST_CASE("msp and odin are one minus the golden softmax probabilities") {
  const char* shared = std::getenv("DEEPMINE_SHARED");
  if (shared == nullptr) { WARN("SKIPPED: no DEEPMINE_SHARED"); return; }
  const auto folder = std::filesystem::path(shared) / "golden" / "uniform-svdd";
  const Array logits = read_array(folder / "d_logits.npy");
  auto values = values_as<float>(logits, "logits");
  const auto expected = matrix_as<double>(read_array(folder / "d_expected.npy"), "expected");
  const auto rows = static_cast<std::int64_t>(logits.shape[0]);
  const Inputs inputs(torch::from_blob(values.data(), {rows, 10}).clone());
  const std::vector<double> msp = scores("msp", inputs), odin = scores("odin", inputs);
  for (std::size_t i = 0; i < expected.rows(); ++i) {
    if (std::abs(values[10 * i]) > 1e20 && values[10 * i] == values[10 * i + 9]) {
      CHECK(msp[i] == Approx(0.9));  // ten equal logits of -1e30; the golden value is 1, as log 10 was lost beside them
      continue;
    }
    CHECK(1 - msp[i] == Approx(expected(i, 0)).epsilon(1e-12));
    CHECK(1 - odin[i] == Approx(expected(i, 1)).epsilon(1e-12));
    // The logarithm keeps what 1 - msp cannot hold.
    CHECK(std::log1p(-msp[i]) == Approx(expected(i, 2)).margin(1e-10));
    CHECK(std::log1p(-odin[i]) == Approx(expected(i, 3)).margin(1e-10));
  }
}

TEST_CASE("confident logits that differ still have different scores") {
  const std::vector<double> found = scores("msp", Inputs(torch::tensor({{60.0, 0.0}, {70.0, 0.0}}, torch::kFloat64)));
  CHECK(found[0] == Approx(std::exp(-60.0)).epsilon(1e-12));
  CHECK(found[1] == Approx(std::exp(-70.0)).epsilon(1e-12));
}

TEST_CASE("two equally high classes share their probability") {
  CHECK(scores("msp", Inputs(torch::tensor({{3.0, 3.0}}, torch::kFloat64))).at(0) == Approx(0.5));
  CHECK_THROWS_AS(softmax_rest(torch::tensor({{std::nan(""), 1.0}}, torch::kFloat64)), Error);
  CHECK_THROWS_AS(softmax_rest(torch::ones({2, 1})), Error);
}

/// One minus the highest probability after images moved by `step` [C,1,1] or a number, by a second implementation.
template <typename Step>
std::vector<double> plain_odin(Classifier& classifier, const torch::Tensor& images, double temperature,
                               const Step& step) {
  const auto highest = [&](const torch::Tensor& logits) {
    return torch::log_softmax(logits.to(torch::kFloat64) / temperature, 1).amax(1);
  };
  const auto logits = [&](const torch::Tensor& x) { return classifier.logits(x); };
  const torch::Tensor moved = images + step * plain::gradient(logits, images, highest).sign();
  return numbers_of<double>(1 - highest(classifier.logits(moved)).exp());
}

void check_near(const std::vector<double>& found, const std::vector<double>& expected, double epsilon) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]).epsilon(epsilon));
}

TEST_CASE("odin moves images as a plain second implementation does") {
  const auto classifier =
      scripted("    z = x.flatten(1)\n    return torch.stack([z.square().sum(1), z.sum(1), (z * z * z).sum(1)], 1)\n");
  torch::manual_seed(3);
  const torch::Tensor images = torch::rand({5, 1, 2, 2});
  const Inputs inputs(*classifier, images);
  const std::vector<double> found = scores("odin:temperature=3,epsilon=0.02", inputs);
  check_near(found, plain_odin(*classifier, images, 3, 0.02), 1e-12);
  CHECK(found[0] < scores("odin:temperature=3", inputs).at(0));
  CHECK(torch::equal(inputs.logits(), classifier->logits(images)));  // which it told on its way
}

TEST_CASE("odin's step in units of the normalised input is the network's std in pixels, channel by channel") {
  const std::string spec = "lenet:channels=3,size=16,mean=0.4,std=[0.1,0.3,0.9]";
  const auto classifier = classifier_of(make_network(Spec::parse(spec), Seed(4)), {{"network", spec}});
  torch::manual_seed(3);
  const torch::Tensor images = torch::rand({5, 3, 16, 16});
  const torch::Tensor step = 0.05 * torch::tensor({0.1, 0.3, 0.9}, torch::kFloat32).view({3, 1, 1});
  const char* const normalised = "odin:temperature=3,epsilon=0.05,units=normalised";
  const std::vector<double> found = scores(normalised, Inputs(*classifier, images));
  check_near(found, plain_odin(*classifier, images, 3, step), 1e-5);
  CHECK(found != scores("odin:temperature=3,epsilon=0.05", Inputs(*classifier, images)));

  classifier->take({-1, 1});  // twice as wide, so that half the step in [0,1] is as far
  check_near(scores(normalised, Inputs(*classifier, images)), plain_odin(*classifier, images, 3, step / 2), 1e-5);
}

TEST_CASE("odin refuses units of an input that is normalised nobody knows how") {
  const auto script = scripted("    return x.flatten(1)\n");
  const auto plain = classifier_of(make_network(Spec::parse("cnn"), Seed(4)), {{"network", "cnn"}});
  for (Classifier* classifier : {script.get(), plain.get()}) {
    const Inputs inputs(*classifier, torch::full({1, 1, 28, 28}, 0.5));
    CHECK_THAT(error_text([&] { scores("odin:epsilon=0.01,units=normalised", inputs); }),
               Catch::Contains("option std") && Catch::Contains("units of pixels"));
    CHECK(scores("odin:epsilon=0.01,units=pixels", inputs).size() == 1);
  }
  CHECK_THAT(error_text([] { Registry<Detector>::instance().make(Spec::parse("odin:units=std")); }),
             Catch::Contains("normalised"));
}

}  // namespace
}  // namespace deepmine
