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

TEST_CASE("nic learns from every class, in whatever order they come, and tells those without inputs") {
  Inputs turns = quadrant_inputs(80, 1);
  turns.labels = torch::arange(80).remainder(10);  // every fifth input is of class 4 or 9
  const auto detector = detector_of("nic:layers=pool");
  detector->fit({turns}, Seed(1), 1);
  const Npz content = detector->learnt();
  CHECK(content.arrays.at("classes of derived model 0").size() == 10);
  Inputs few = quadrant_inputs(80, 1);
  few.labels = torch::arange(80).remainder(2);
  const auto other = detector_of("nic:layers=pool");
  other->fit({few}, Seed(1), 1);
  REQUIRE(other->doubts().size() == 1);
  CHECK_THAT(other->doubts()[0], Catch::Contains("2 of the 4 classes have no clean input"));
  const auto again = detector_of("nic:layers=pool");
  again->restore(other->learnt());
  CHECK(again->doubts() == other->doubts());
}

TEST_CASE("nic reads layers in the model's order, and logits by itself") {
  const Inputs clean = quadrant_inputs(100, 1), more = quadrant_inputs(10, 2);
  const auto scores = [&](const std::string& layers) {
    const auto detector = detector_of("nic:layers=" + layers);
    detector->fit({clean}, Seed(1), 1);
    return detector->score(more, 1).values;
  };
  CHECK(scores("pool+stack1.block1.out") == scores("stack1.block1.out+pool"));
  CHECK_THAT(error_text([] { detector_of("nic:layers=pool+logits"); }), Catch::Contains("found logits"));
  Inputs black(small_classifier(), torch::zeros({40, 1, 8, 8}));
  black.labels = torch::arange(40).remainder(2);
  CHECK_THAT(error_text([&] { detector_of("nic:layers=pool")->fit({black}, Seed(1), 1); }),
             Catch::Contains("found that pool gives the same for all"));
}

TEST_CASE("nic refuses clean inputs of one class, too few of them and damaged invariants") {
  Inputs one = quadrant_inputs(40, 1);
  one.labels = torch::zeros({40}, torch::kInt64);
  CHECK_THAT(error_text([&] { detector_of("nic:layers=pool")->fit({one}, Seed(1), 1); }),
             Catch::Contains("at least 2 classes"));
  const Inputs few = quadrant_inputs(4, 1), clean = quadrant_inputs(60, 1);
  CHECK_THAT(error_text([&] { detector_of("nic:layers=pool")->fit({few}, Seed(1), 1); }),
             Catch::Contains("nic: expected 5 clean inputs or more of a class, found 4"));
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
