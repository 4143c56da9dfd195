#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "tests/framework/detect/untrained.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

Inputs quadrant_inputs(std::int64_t count, std::uint64_t seed) {
  const Dataset data = quadrants(count, seed);
  Inputs inputs(classifier(), data.pixels(0, count));
  inputs.labels = data.labels;
  return inputs;
}

std::unique_ptr<Detector> fitted(const std::string& spec, const Inputs& clean) {
  auto detector = detector_of(spec);
  detector->fit({clean}, Seed(1), 1);
  return detector;
}

/// Values of one layer and their classes.
Inputs values(std::vector<double> numbers, std::int64_t width, std::vector<std::int64_t> classes) {
  Inputs inputs(torch::tensor(numbers, torch::kFloat64).view({-1, width}));
  inputs.predict(torch::tensor(classes));
  return inputs;
}

TEST_CASE("the score of two layers is the weighted sum of its parts, whatever the weight") {
  const Inputs clean = quadrant_inputs(80, 1), inputs = quadrant_inputs(12, 2);
  for (const std::string normalisation : {"train", "none"}) {
    const Scores half = fitted("one-class:layers=pool+logits,normalisation=" + normalisation, clean)->score(inputs, 1);
    const Scores most =
        fitted("one-class:layers=pool+logits,beta=0.9,normalisation=" + normalisation, clean)->score(inputs, 1);
    CHECK(half.parts == most.parts);
    for (std::size_t i = 0; i < 12; ++i) {
      CHECK(half.values[i] == Approx((half.parts.at("mdl")[i] + half.parts.at("logits")[i]) / 2));
      CHECK(most.values[i] == Approx(0.1 * half.parts.at("mdl")[i] + 0.9 * half.parts.at("logits")[i]));
    }
  }
}

TEST_CASE("parts without normalisation are the scores of each layer alone") {
  const Inputs clean = quadrant_inputs(80, 1), inputs = quadrant_inputs(12, 2);
  const Scores both = fitted("one-class:layers=pool+logits,normalisation=none", clean)->score(inputs, 1);
  const Scores alone = fitted("one-class:layers=pool", clean)->score(inputs, 1);
  CHECK(both.parts.at("mdl") == alone.values);
  CHECK(both.parts.at("logits") == fitted("one-class", clean)->score(inputs, 1).values);
  CHECK(alone.parts.empty());
}

TEST_CASE("normalised clean inputs lie between 0 and 1") {
  const Inputs clean = quadrant_inputs(80, 1);
  for (const auto& [_, part] : fitted("one-class:layers=pool+logits", clean)->score(clean, 1).parts) {
    CHECK(*std::min_element(part.begin(), part.end()) == Approx(0).margin(1e-9));
    CHECK(*std::max_element(part.begin(), part.end()) == Approx(1).epsilon(1e-9));
  }
}

TEST_CASE("machines are those of predicted or of true classes, or one for all") {
  Inputs clean = values({0, 1, 10, 11}, 1, {0, 0, 1, 1});
  clean.labels = torch::tensor({1, 1, 0, 0}, torch::kInt64);
  const Inputs inputs = values({0.5, 0.5}, 1, {0, 1});
  const auto scores = [&](const std::string& classes) {
    return fitted("one-class:standardise=false,gamma=1,nu=0.5,classes=" + classes, clean)->score(inputs, 1).values;
  };
  CHECK(scores("predicted")[0] < scores("predicted")[1]);
  CHECK(scores("true")[0] > scores("true")[1]);
  CHECK(scores("all")[0] == scores("all")[1]);
  CHECK(detector_of("one-class")->within_class());
  CHECK_FALSE(detector_of("one-class:classes=all")->within_class());
}

TEST_CASE("an input of a class without clean inputs is as anomalous as can be, and one is told") {
  const Inputs clean = values({0, 1, 2, 3}, 1, {0, 0, 0, 0});
  const auto detector = fitted("one-class", clean);
  const std::vector<double> scores = detector->score(values({1, 1, 1e9}, 1, {0, 3, 0}), 1).values;
  CHECK(scores[0] < 0);
  CHECK(scores[1] == 0);
  CHECK(scores[2] <= 0);
  CHECK(detector->doubts().empty());  // who knows how many classes there are

  Inputs of_one = quadrant_inputs(40, 1);
  of_one.predict(torch::full({40}, 2, torch::kInt64));
  const auto both = fitted("one-class:layers=pool+logits", of_one);
  REQUIRE(both->doubts().size() == 1);
  CHECK_THAT(both->doubts().front(), Catch::Contains("3 of the 4 classes") && Catch::Contains("score 1"));
  Inputs of_another = quadrant_inputs(3, 2);
  of_another.predict(torch::zeros({3}, torch::kInt64));
  CHECK(both->score(of_another, 1).values == std::vector<double>(3, 1.0));
  CHECK(fitted("one-class:layers=pool+logits,classes=all", of_one)->doubts().empty());
}

TEST_CASE("constant features, fewer inputs than classes and one input have scores") {
  const auto all_finite = [](const std::vector<double>& scores) {
    return std::all_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); });
  };
  const Inputs inputs = values({5, 5, 1, 9}, 2, {0, 1});
  CHECK(all_finite(fitted("one-class", values({5, 5, 5, 5, 5, 5}, 2, {0, 0, 0}))->score(inputs, 1).values));
  CHECK(all_finite(fitted("one-class", values({5, 5, 1, 2}, 2, {0, 7}))->score(inputs, 1).values));
  CHECK(all_finite(fitted("one-class", values({5, 5}, 2, {0}))->score(inputs, 1).values));
  const Inputs one = quadrant_inputs(1, 3);
  CHECK(all_finite(fitted("one-class:layers=pool+logits", one)->score(quadrant_inputs(5, 4), 1).values));
}

TEST_CASE("one-class refuses options and inputs that do not serve") {
  const auto refusal = [](const std::string& spec) { return error_text([&] { detector_of(spec); }); };
  CHECK_THAT(refusal("one-class:layers=pool+stem"), Catch::Contains("and the logits"));
  CHECK_THAT(refusal("one-class:layers=pool+"), Catch::Contains("layers: expected names"));
  CHECK_THAT(refusal("one-class:layers=logits+logits"), Catch::Contains("each once"));
  CHECK_THAT(refusal("one-class:gamma=0"), Catch::Contains("gamma: expected scale or a number above 0"));
  CHECK_THAT(refusal("one-class:gamma=wide"), Catch::Contains("gamma"));
  CHECK_THAT(refusal("one-class:nu=0"), Catch::Contains("nu"));
  const Inputs clean = values({0, 1}, 1, {0, 0}), nan = values({0, std::nan("")}, 1, {0, 0});
  CHECK_THAT(error_text([&] { fitted("one-class:classes=true", clean); }),
             Catch::Contains("expected labels of the clean inputs"));
  CHECK_THAT(error_text([&] { fitted("one-class", nan); }),
             Catch::Contains("expected finite numbers, found nan in row 1"));
  CHECK_THAT(error_text([&] { fitted("one-class", clean)->score(nan, 1); }),
             Catch::Contains("expected finite numbers"));
}

TEST_CASE("what one-class has learnt is refused where it does not fit together") {
  Npz learnt = fitted("one-class", values({0, 1, 2, 4}, 1, {0, 0, 1, 1}))->learnt();
  const auto refused = [](const Npz& content) {
    return error_text([&] { detector_of("one-class")->restore(content); });
  };
  for (const std::string name : {"alphas of 0", "means of 0", "support of 0", "sizes of 0", "numbers of 0"}) {
    INFO(name);
    Npz less = learnt;
    less.arrays.erase(name);
    CHECK_THAT(refused(less), Catch::Contains(name));
    Npz longer = learnt;
    longer.arrays[name] = {{1, 1}, std::vector<std::int64_t>{9}};
    CHECK_THAT(refused(longer), Catch::Contains("machines: expected"));
  }
  Npz turned = learnt;
  turned.arrays["classes of 0"] = {{2}, std::vector<std::int64_t>{1, 0}};
  CHECK_THAT(refused(turned), Catch::Contains("ascending classes"));
}

}  // namespace
}  // namespace deepmine
