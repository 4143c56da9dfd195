// Every registered detector, present and future, must keep these promises.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "framework/core/error.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/rows.h"
#include "framework/learn/roc.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

constexpr const char* kLayer = "pool";

std::vector<std::string> detectors() {
  std::vector<std::string> result = Registry<Detector>::instance().names();
  for (const char* more :
       {"odin:epsilon=0.01", "mahalanobis:layer=pool", "subset-scan:preset=two-sided,alpha-max=0.5"}) {
    result.emplace_back(more);
  }
  return result;
}

/// Whether it asks the model about changed images, so that values alone do not serve.
bool asks_the_model(const std::string& spec) { return spec.find("epsilon=") != std::string::npos; }

std::unique_ptr<Detector> detector_of(const std::string& spec) {
  auto detector = Registry<Detector>::instance().make(Spec::parse(spec));
  if (auto* of_groups = dynamic_cast<GroupDetector*>(detector.get())) of_groups->read({kLayer});
  return detector;
}

Classifier& classifier() {
  static const std::unique_ptr<Classifier> result = classifier_of(untrained_network());
  return *result;
}

torch::Tensor images(std::int64_t count, std::uint64_t seed) { return quadrants(count, seed).pixels(0, count); }

Inputs clean_inputs(std::int64_t count = 60) {
  Inputs inputs(classifier(), images(count, 1));
  inputs.labels = quadrants(count, 1).labels;
  return inputs;
}

std::unique_ptr<Detector> fitted(const std::string& spec, int threads = 1) {
  auto detector = detector_of(spec);
  detector->fit({clean_inputs()}, Seed(5), threads);
  return detector;
}

std::vector<double> scores_of(const Detector& detector, const torch::Tensor& pixels, int threads = 1) {
  return detector.score(Inputs(classifier(), pixels), threads).values;
}

TEST_CASE("every detector gives one finite score for each input") {
  for (const std::string& spec : detectors()) {
    INFO(spec);
    const std::vector<double> scores = scores_of(*fitted(spec), images(7, 2));
    REQUIRE(scores.size() == 7);
    for (const double score : scores) CHECK(std::isfinite(score));
  }
}

/// Clean: one value of each row stands out. Anomalous: all of them do, and more.
torch::Tensor values(std::int64_t rows, bool anomalous, std::uint64_t seed) {
  RandomStream random{Seed(seed)};
  torch::Tensor result = torch::empty({rows, 4}, torch::kFloat64);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      result[i][j] = (anomalous ? 40 : j == i % 4 ? 20 : 0) + random.uniform();
    }
  }
  return result;
}

TEST_CASE("every detector scores anomalous inputs higher") {
  for (const std::string& spec : detectors()) {
    INFO(spec);
    if (asks_the_model(spec)) continue;
    const auto detector = detector_of(spec);
    Inputs clean(values(80, false, 1)), more(values(40, false, 2)), anomalous(values(40, true, 3));
    const auto one_class = [](Inputs& inputs) { inputs.predict(torch::zeros({inputs.size()}, torch::kInt64)); };
    if (!detector->reads_logits()) one_class(clean), one_class(more), one_class(anomalous);
    clean.labels = clean.predicted();
    detector->fit({clean}, Seed(5), 1);
    CHECK(auroc(detector->score(anomalous, 1).values, detector->score(more, 1).values) > 0.95);
  }
}

TEST_CASE("every detector scores an input as it does whatever stands beside it, in whatever order") {
  const torch::Tensor pixels = images(9, 3);
  const torch::Tensor turned = pixels.flip(0);
  for (const std::string& spec : detectors()) {
    INFO(spec);
    const auto detector = fitted(spec);
    const std::vector<double> together = scores_of(*detector, pixels);
    std::vector<double> back = scores_of(*detector, turned);
    std::reverse(back.begin(), back.end());
    CHECK(back == together);
    for (const std::int64_t i : {0, 4, 8}) {
      CHECK(scores_of(*detector, pixels.slice(0, i, i + 1)).at(0) == together.at(static_cast<std::size_t>(i)));
    }
  }
}

TEST_CASE("every detector learns and scores the same with any number of threads") {
  const torch::Tensor pixels = images(9, 4);
  for (const std::string& spec : detectors()) {
    INFO(spec);
    CHECK(scores_of(*fitted(spec, 1), pixels, 1) == scores_of(*fitted(spec, 3), pixels, 3));
  }
}

TEST_CASE("every detector scores the same after what it has learnt was kept") {
  const torch::Tensor pixels = images(9, 5);
  for (const std::string& spec : detectors()) {
    INFO(spec);
    const auto before = fitted(spec);
    const auto after = detector_of(spec);
    after->restore(parse_npz(format_npz(before->learnt()), "what was learnt"));
    CHECK(scores_of(*after, pixels) == scores_of(*before, pixels));
    if (before->learns()) CHECK_THROWS_AS(detector_of(spec)->restore({}), Error);
  }
}

TEST_CASE("every detector that learns refuses values of another width") {
  for (const std::string& spec : detectors()) {
    INFO(spec);
    const auto detector = detector_of(spec);
    if (!detector->learns()) continue;
    Inputs clean(values(80, false, 1)), wider(torch::zeros({3, 5}));
    clean.predict(torch::zeros({80}, torch::kInt64));
    wider.predict(torch::zeros({3}, torch::kInt64));
    detector->fit({clean}, Seed(5), 1);
    CHECK_THROWS_AS(detector->score(wider, 1), Error);
  }
}

TEST_CASE("every detector that asks the model about changed images says so where there is none") {
  for (const std::string& spec : detectors()) {
    if (!asks_the_model(spec)) continue;
    INFO(spec);
    const Inputs inputs(values(3, false, 1));
    CHECK(error_text([&] { detector_of(spec)->score(inputs, 1); }).find("expected a model") != std::string::npos);
  }
}

}  // namespace
}  // namespace deepmine
