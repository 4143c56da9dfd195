#include <catch2/catch.hpp>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/learn/roc.h"
#include "tests/framework/detect/untrained.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

Inputs quadrant_inputs(std::int64_t count, std::uint64_t seed, double amount = 0) {
  const Dataset data = quadrants(count, seed);
  torch::manual_seed(seed);
  const torch::Tensor pixels = data.pixels(0, count);
  Inputs inputs(small_classifier(), (pixels + amount * (torch::rand_like(pixels) - 0.5)).clamp(0, 1));
  inputs.labels = data.labels;
  return inputs;
}

TEST_CASE("nic tells inputs that a network has inner values for as no clean one has") {
  const Inputs clean = quadrant_inputs(200, 1);
  const std::string two = "nic:layers=stack1.block1.out+stack3.block3.out";
  for (const std::string& spec : {std::string("nic"), two, std::string("nic:units=raw,pca=2,nu=0.5")}) {
    INFO(spec);
    const auto detector = detector_of(spec);
    detector->fit({clean}, Seed(1), 2);
    const auto found = detector->score(quadrant_inputs(40, 5, 1.6), 1).values,
               normal = detector->score(quadrant_inputs(40, 6), 1).values;
    CHECK(auroc(found, normal) > 0.9);
  }
}

TEST_CASE("nic refuses clean inputs of one class, too few of them and damaged invariants") {
  Inputs one = quadrant_inputs(40, 1);
  one.labels = torch::zeros({40}, torch::kInt64);
  CHECK_THAT(error_text([&] { detector_of("nic:layers=pool")->fit({one}, Seed(1), 1); }),
             Catch::Contains("at least 2 classes"));
  const Inputs few = quadrant_inputs(4, 1), clean = quadrant_inputs(60, 1);
  CHECK_THAT(error_text([&] { detector_of("nic:layers=pool")->fit({few}, Seed(1), 1); }),
             Catch::Contains("nic: expected 5 clean inputs or more, found 4"));
  const auto detector = detector_of("nic:layers=pool");
  detector->fit({clean}, Seed(1), 1);
  for (const char* name : {"layers", "biases of derived model 1", "means of directions 0"}) {
    Npz content = detector->learnt();
    content.arrays[name] = {{1}, std::vector<double>{1}};
    INFO(name);
    CHECK_THROWS_AS(detector_of("nic:layers=pool")->restore(content), Error);
  }
}

}  // namespace
}  // namespace deepmine
