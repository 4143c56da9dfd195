#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "framework/core/array.h"
#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"
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

TEST_CASE("odin moves images as a plain second implementation does") {
  const auto classifier = scripted("    z = x.flatten(1)\n    return torch.stack([z.square().sum(1), z.sum(1), (z * z * z).sum(1)], 1)\n");
  torch::manual_seed(3);
  const torch::Tensor images = torch::rand({5, 1, 2, 2});
  constexpr double kTemperature = 3, kEpsilon = 0.02;
  const auto highest = [&](const torch::Tensor& logits) {
    return torch::log_softmax(logits.to(torch::kFloat64) / kTemperature, 1).amax(1);
  };
  const auto logits = [&](const torch::Tensor& x) { return classifier->logits(x); };
  const torch::Tensor moved = images + kEpsilon * plain::gradient(logits, images, highest).sign();
  const torch::Tensor expected = 1 - highest(classifier->logits(moved)).exp();
  const std::vector<double> found = scores("odin:temperature=3,epsilon=0.02", Inputs(*classifier, images));
  for (std::int64_t i = 0; i < 5; ++i) {
    CHECK(found[static_cast<std::size_t>(i)] == Approx(expected[i].item<double>()).epsilon(1e-12));
  }
  CHECK(found[0] < scores("odin:temperature=3", Inputs(*classifier, images)).at(0));
}

}  // namespace
}  // namespace deepmine
