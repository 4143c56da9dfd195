// Detectors of densities and neighbours, and what some learn from adversarial inputs.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/learn/roc.h"
#include "tests/framework/detect/untrained.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

Inputs values(const torch::Tensor& rows) {
  Inputs inputs(rows.to(torch::kFloat64));
  inputs.predict(torch::zeros({inputs.size()}, torch::kInt64));
  return inputs;
}

/// `count` images of the quadrants, or with an `amount` of even noise on them.
Inputs quadrant_inputs(std::int64_t count, std::uint64_t seed, double amount = 0) {
  const Dataset data = quadrants(count, seed);
  torch::manual_seed(seed);
  const torch::Tensor pixels = data.pixels(0, count);
  Inputs inputs(classifier(), (pixels + amount * (torch::rand_like(pixels) - 0.5)).clamp(0, 1));
  inputs.labels = data.labels;
  return inputs;
}

TEST_CASE("kde refuses no class: one without clean inputs has the largest score") {
  const auto detector = detector_of("kde:bandwidth=0.5");
  const Inputs clean = values(torch::tensor({{0.0}, {1.0}}));
  detector->fit({clean}, Seed(1), 1);
  Inputs inputs = values(torch::tensor({{0.0}, {0.0}}));
  inputs.predict(torch::tensor({0, 4}));
  const std::vector<double> scores = detector->score(inputs, 1).values;
  const double pi = 3.14159265358979323846;
  CHECK(scores[0] == Approx(-std::log((1 + std::exp(-2.0)) / 2 / (0.5 * std::sqrt(2 * pi)))));
  CHECK(scores[1] == std::numeric_limits<double>::max());
}

TEST_CASE("knn is the distance to the k-th clean input, of unit vectors or as they are") {
  const Inputs clean = values(torch::tensor({{1.0, 0.0}, {0.0, 3.0}, {0.0, 0.0}})),
               inputs = values(torch::tensor({{4.0, 0.0}}));
  const auto score = [&](const char* spec) {
    const auto detector = detector_of(spec);
    detector->fit({clean}, Seed(1), 1);
    return detector->score(inputs, 1).values.at(0);
  };
  CHECK(score("knn:k=1") == 0);
  CHECK(score("knn:k=2") == Approx(1));
  CHECK(score("knn:k=3") == Approx(std::sqrt(2.0)));
  CHECK(score("knn:k=1,unit-length=false") == Approx(3));
  CHECK_THAT(error_text([&] { score("knn:k=4"); }), Catch::Contains("knn: expected 4 clean inputs or more"));
}

TEST_CASE("energy, max-logit and margin are those of the formula, and refuse logits that are not finite") {
  const Inputs inputs = values(torch::tensor({{1.0, 3.0}, {1000.0, 1000.0}}));
  const std::vector<double> energy = detector_of("energy:temperature=2")->score(inputs, 1).values;
  CHECK(energy[0] == Approx(-2 * std::log(std::exp(0.5) + std::exp(1.5))));
  CHECK(energy[1] == Approx(-1000 - 2 * std::log(2.0)));
  CHECK(detector_of("max-logit")->score(inputs, 1).values == std::vector<double>{-3, -1000});
  CHECK(detector_of("margin")->score(inputs, 1).values == std::vector<double>{-2, 0});
  const Inputs nan = values(torch::tensor({{1.0, std::nan("")}})), one = values(torch::tensor({{1.0}}));
  for (const char* spec : {"energy", "max-logit", "margin"}) CHECK_THROWS_AS(detector_of(spec)->score(nan, 1), Error);
  CHECK_THAT(error_text([&] { detector_of("margin")->score(one, 1); }), Catch::Contains("two classes"));
}

TEST_CASE(
    "lid compares with the first clean inputs, and leaves the nearest out always or where it is the input itself") {
  torch::manual_seed(2);
  const torch::Tensor rows = torch::rand({200, 5}, torch::kFloat64), more = torch::rand({10, 5}, torch::kFloat64);
  const auto scores = [&](const std::string& spec, const torch::Tensor& clean, const torch::Tensor& scored) {
    const auto detector = detector_of(spec);
    detector->fit({values(clean)}, Seed(1), 1);
    return detector->score(values(scored), 1).values;
  };
  const auto first = rows.slice(0, 0, 100);
  CHECK(scores("lid", rows, more) == scores("lid", first, more));
  CHECK(scores("lid:batch=200", rows, more) != scores("lid", rows, more));
  CHECK(scores("lid:variant=clean", rows, first) == scores("lid", rows, first));
  CHECK(scores("lid:variant=clean", rows, more) != scores("lid", rows, more));
  // With k neighbours of all but the nearest, the literal variant has none left of k + 1 but the farther ones.
  CHECK(scores("lid:k=3,variant=clean", first.slice(0, 0, 3), more) != scores("lid:k=3", first.slice(0, 0, 3), more));
  CHECK_THAT(error_text([&] { scores("lid", rows.slice(0, 0, 1), more); }),
             Catch::Contains("lid: expected two clean inputs"));
}

TEST_CASE("kd-bu and lid of several layers learn to tell adversarial inputs") {
  const Inputs clean = quadrant_inputs(120, 1), adversarial = quadrant_inputs(40, 2, 1.6),
               noisy = quadrant_inputs(40, 3, 0.1);
  for (const std::string spec : {"kd-bu:layer=pool", "lid:layers=input+pool+logits,pooling=mean"}) {
    INFO(spec);
    const auto detector = detector_of(spec);
    CHECK(detector->needs().adversarial);
    detector->fit({clean, &adversarial, &noisy}, Seed(1), 1);
    const auto found = detector->score(quadrant_inputs(40, 5, 1.6), 1).values,
               normal = detector->score(quadrant_inputs(40, 6), 1).values;
    CHECK(auroc(found, normal) > 0.9);
  }
}

TEST_CASE("kd-bu judges a clean input by other clean inputs, so that new ones look like it") {
  const Inputs clean = quadrant_inputs(120, 1), adversarial = quadrant_inputs(40, 2, 1.6);
  const auto detector = detector_of("kd-bu:layer=pool,bandwidth=0.01");
  detector->fit({clean, &adversarial}, Seed(1), 1);
  // At such a bandwidth a density that counted the input itself would see nothing but that input.
  CHECK(auroc(detector->score(quadrant_inputs(40, 5, 1.6), 1).values,
              detector->score(quadrant_inputs(40, 6), 1).values) > 0.7);
  CHECK_THAT(detector->doubts().at(0), Catch::Contains("dropout"));
}

TEST_CASE("kd-bu gives inputs of a class without clean ones the least density it has seen") {
  const auto detector = detector_of("kd-bu");
  const torch::Tensor rows = torch::arange(20, torch::kFloat64).view({20, 1});
  const Inputs clean = values(rows / 20), adversarial = values(5 + rows);
  detector->fit({clean, &adversarial}, Seed(1), 1);
  Inputs inputs = values(torch::tensor({{24.0}, {0.5}}));
  inputs.predict(torch::tensor({0, 9}));
  const std::vector<double> scores = detector->score(inputs, 1).values;
  CHECK(scores[1] == Approx(scores[0]));
}

TEST_CASE("detectors that learn from adversarial inputs refuse too few of them") {
  const Inputs clean = quadrant_inputs(40, 1), one = quadrant_inputs(1, 2);
  for (const std::string spec : {"kd-bu:layer=pool", "lid:layers=pool+logits"}) {
    CHECK_THAT(error_text([&] {
                 detector_of(spec)->fit({clean, &one}, Seed(1), 1);
               }),
               Catch::Contains("found 40 and 1"));
  }
  const Inputs same = values(torch::ones({10, 2}));
  const auto constant = detector_of("kd-bu");
  constant->fit({same, &same}, Seed(1), 1);
  CHECK(std::isfinite(constant->score(same, 1).values.at(0)));
}

}  // namespace
}  // namespace deepmine
