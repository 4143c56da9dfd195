// Every registered detector, present and future, must keep these promises.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "framework/core/error.h"
#include "framework/detect/group_detector.h"
#include "framework/detect/non_local_means.h"
#include "framework/detect/rows.h"
#include "framework/learn/roc.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

constexpr const char* kLayer = "pool";

std::vector<std::string> detectors() {
  std::vector<std::string> result = Registry<Detector>::instance().names();
  for (const char* more : {"odin:epsilon=0.01", "mahalanobis:layer=pool", "mahalanobis:epsilon=0.01",
                           "subset-scan:preset=two-sided,alpha-max=0.5", "one-class:layers=pool,classes=all,gamma=0.2",
                           "one-class:layers=pool+logits,classes=true", "kde:layer=pool", "kd-bu:layer=pool",
                           "knn:layer=pool", "lid:layers=input,variant=clean", "lid:layers=pool+logits",
                           "relevant-neurons:set=shared,label=false,labels=pm1,norm=plain,trees=50",
                           "relevant-neurons:set=random,by-layer=true,trees=50",
                           "relevant-neurons:set=all,layers=pool,trees=50", "feature-squeezing:bits=3,median=3",
                           "nic:layers=pool,pca=3"}) {
    result.emplace_back(more);
  }
  if (NonLocalMeans::is_built()) result.emplace_back("feature-squeezing:nlm=true");
  return result;
}

/// Whether it asks the model about changed images or reads two layers, so that values alone do not serve.
bool asks_the_model(const std::string& spec) {
  const std::string name = spec.substr(0, spec.find(':'));
  return spec.find("epsilon=") != std::string::npos || spec.find('+') != std::string::npos || name == "nic" ||
         name == "feature-squeezing";
}

std::unique_ptr<Detector> detector_of(const std::string& spec) {
  auto detector = Registry<Detector>::instance().make(Spec::parse(spec));
  if (auto* of_groups = dynamic_cast<GroupDetector*>(detector.get())) of_groups->read({kLayer});
  return detector;
}

Classifier& classifier() {
  static const std::unique_ptr<Classifier> result = classifier_of(untrained_network());
  return *result;
}

/// Two, as some detectors learn what tells them apart.
torch::Tensor classes_in_turn(std::int64_t count) { return torch::arange(count).remainder(2); }

torch::Tensor images(std::int64_t count, std::uint64_t seed) { return quadrants(count, seed).pixels(0, count); }

Inputs clean_inputs(std::int64_t count = 60) {
  Inputs inputs(classifier(), images(count, 1));
  inputs.labels = quadrants(count, 1).labels;
  return inputs;
}

/// Fits it, also to the other inputs where it needs them.
void fit(Detector& detector, const Inputs& clean, const Inputs& adversarial, const Inputs& noisy, int threads = 1) {
  const Needs needs = detector.needs();
  detector.fit({clean, needs.adversarial ? &adversarial : nullptr, needs.noisy ? &noisy : nullptr}, Seed(5), threads);
}

std::unique_ptr<Detector> fitted(const std::string& spec, int threads = 1) {
  auto detector = detector_of(spec);
  const torch::Tensor pixels = images(30, 6);
  Inputs clean = clean_inputs(), adversarial(classifier(), 1 - pixels);
  clean.predict(clean.labels);  // the network takes all for one class, by which none can be told
  adversarial.predict(quadrants(30, 6).labels);
  fit(*detector, clean, adversarial, Inputs(classifier(), pixels), threads);
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

enum class Kind { kClean, kAnomalous, kUndecided };

/// Clean: one value of each row stands out. Anomalous: all of them do, and more. Undecided: none does.
torch::Tensor values(std::int64_t rows, Kind kind, std::uint64_t seed) {
  RandomStream random{Seed(seed)};
  torch::Tensor result = torch::empty({rows, 4}, torch::kFloat64);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      const bool stands_out = kind == Kind::kClean && j == i % 4;
      result[i][j] = (kind == Kind::kAnomalous ? 40 : stands_out ? 20 : 0) + random.uniform();
    }
  }
  return result;
}

TEST_CASE("every detector scores anomalous inputs higher") {
  for (const std::string& spec : detectors()) {
    INFO(spec);
    if (asks_the_model(spec)) continue;
    const auto detector = detector_of(spec);
    const Kind kind = detector->reads_logits() ? Kind::kUndecided : Kind::kAnomalous;  // large logits are confident
    Inputs clean(values(400, Kind::kClean, 1)), more(values(40, Kind::kClean, 2)), anomalous(values(40, kind, 3));
    Inputs adversarial(values(30, kind, 4)), noisy(values(30, Kind::kClean, 5));
    for (Inputs* inputs : {&clean, &more, &anomalous, &adversarial, &noisy}) {
      if (!detector->reads_logits()) inputs->predict(classes_in_turn(inputs->size()));
    }
    clean.labels = clean.predicted();
    fit(*detector, clean, adversarial, noisy);
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
    if (!detector->learns() || asks_the_model(spec)) continue;
    Inputs clean(values(80, Kind::kClean, 1)), other(values(30, Kind::kAnomalous, 2)), wider(torch::zeros({3, 5}));
    for (Inputs* inputs : {&clean, &other, &wider}) inputs->predict(classes_in_turn(inputs->size()));
    fit(*detector, clean, other, other);
    CHECK_THROWS_AS(detector->score(wider, 1), Error);
  }
}

TEST_CASE("every detector that values do not serve says so") {
  for (const std::string& spec : detectors()) {
    if (!asks_the_model(spec)) continue;
    INFO(spec);
    Inputs inputs(values(80, Kind::kClean, 1));
    inputs.labels = inputs.predicted();
    const auto fit_and_score = [&] {
      const auto detector = detector_of(spec);
      fit(*detector, inputs, inputs, inputs);
      detector->score(inputs, 1);
    };
    CHECK(error_text(fit_and_score).find("expected a model") != std::string::npos);
    CHECK(error_text([&] { detector_of(spec)->score(inputs, 1); }).find("expected a model") != std::string::npos);
  }
}

TEST_CASE("every detector that needs adversarial inputs says so, and what others do it does without") {
  for (const std::string& spec : detectors()) {
    INFO(spec);
    const auto detector = detector_of(spec);
    const auto fit_to_clean = [&] { detector->fit({clean_inputs()}, Seed(5), 1); };
    if (detector->needs().adversarial) {
      CHECK(error_text(fit_to_clean).find("expected adversarial inputs") != std::string::npos);
    } else {
      CHECK_NOTHROW(fit_to_clean());
    }
  }
}

}  // namespace
}  // namespace deepmine
