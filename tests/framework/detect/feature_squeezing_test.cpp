#include <catch2/catch.hpp>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/non_local_means.h"
#include "framework/detect/squeezers.h"
#include "tests/framework/detect/untrained.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

torch::Tensor image(std::vector<float> values, std::int64_t height) {
  return torch::tensor(at::ArrayRef<float>(values)).view({1, 1, height, -1});
}

TEST_CASE("fewer bits are the nearest of the values left, a half the even one") {
  const torch::Tensor x = image({0, 0.4F, 0.5F, 0.6F, 1, 0.17F}, 2);
  CHECK(torch::equal(fewer_bits(x, 1), image({0, 0, 0, 1, 1, 0}, 2)));
  CHECK(fewer_bits(x, 2).allclose(image({0, 1 / 3.F, 2 / 3.F, 2 / 3.F, 1, 1 / 3.F}, 2)));
}

TEST_CASE("medians are those of windows up and left, the upper of two, reflected at the border") {
  const torch::Tensor x = image({1, 2, 3, 4, 5, 6, 7, 8, 9}, 3);
  CHECK(torch::equal(median_filtered(x, 1), x));
  CHECK(torch::equal(median_filtered(x, 2), image({1, 2, 3, 4, 4, 5, 7, 7, 8}, 3)));
  CHECK(torch::equal(median_filtered(x, 3).select(2, 1).select(2, 1), x.select(2, 1).select(2, 1)));
  torch::manual_seed(1);
  const torch::Tensor many = torch::rand({40, 3, 64, 64});  // more than are sorted at once
  const torch::Tensor found = median_filtered(many, 7);
  for (const std::int64_t i : {0, 1, 20, 39}) {
    CHECK(torch::equal(found.slice(0, i, i + 1), median_filtered(many.slice(0, i, i + 1), 7)));
  }
  CHECK_THAT(error_text([&] { median_filtered(x, 4); }), Catch::Contains("at most 3 x 3"));
}

TEST_CASE("feature-squeezing is the largest way that probabilities move") {
  const Inputs inputs(classifier(), quadrants(6, 2).pixels(0, 6));
  const torch::Tensor before = inputs.logits().to(torch::kFloat64).softmax(1);
  const auto moved = [&](const torch::Tensor& images, std::int64_t i) {
    const Inputs after(classifier(), images);
    return (after.logits().to(torch::kFloat64).softmax(1) - before)[i].abs().sum().item<double>();
  };
  const Scores scores = detector_of("feature-squeezing:bits=2,median=3")->score(inputs, 1);
  for (std::int64_t i = 0; i < 6; ++i) {
    const auto place = static_cast<std::size_t>(i);
    const double bits = moved(fewer_bits(inputs.images(), 2), i);
    const double median = moved(median_filtered(inputs.images(), 3), i);
    CHECK(scores.parts.at("bits")[place] == Approx(bits).margin(1e-12));
    CHECK(scores.parts.at("median")[place] == Approx(median).margin(1e-12));
    CHECK(scores.values[place] == Approx(std::max(bits, median)).margin(1e-12));
  }
  CHECK(detector_of("feature-squeezing:bits=0")->score(inputs, 1).parts.size() == 1);
}

TEST_CASE("feature-squeezing refuses to squeeze by nothing, and by what is not built") {
  CHECK_THAT(error_text([] { detector_of("feature-squeezing:bits=0,median=0"); }), Catch::Contains("found none"));
  if (NonLocalMeans::is_built()) {
    const Inputs inputs(classifier(), quadrants(2, 2).pixels(0, 2));
    CHECK(detector_of("feature-squeezing:nlm=true")->score(inputs, 2).parts.count("nlm") == 1);
  } else {
    CHECK_THAT(error_text([] { detector_of("feature-squeezing:preset=cifar10"); }),
               Catch::Contains("libopencv-photo-dev"));
  }
}

}  // namespace
}  // namespace deepmine
