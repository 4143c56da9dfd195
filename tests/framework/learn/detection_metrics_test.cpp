#include "framework/learn/detection_metrics.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "framework/core/seed.h"
#include "framework/learn/roc.h"
#include "tests/framework/learn/golden.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Scores = std::vector<double>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Scores coarse_scores(std::size_t count, double shift, Seed seed) {
  RandomStream random(seed);
  Scores scores(count);
  for (double& score : scores) score = std::floor(12 * random.uniform()) + shift;
  return scores;
}

double share_above(const Scores& scores, double bar) {
  double above = 0;
  for (const double score : scores) above += score > bar ? 1 : 0;
  return above / static_cast<double>(scores.size());
}

double share_from(const Scores& scores, double bar) { return share_above(scores, std::nextafter(bar, -kInfinity)); }

/// Each threshold counted anew.
double best_accuracy_by_counting(const Scores& in, const Scores& out) {
  double best = 0.5;
  for (const Scores* scores : {&in, &out}) {
    for (const double bar : *scores) best = std::max(best, (1 - share_above(in, bar) + share_above(out, bar)) / 2);
  }
  return best;
}

double average_precision_by_counting(const Scores& positives, const Scores& negatives) {
  double sum = 0;
  for (const double score : positives) {
    const double found = share_from(positives, score) * static_cast<double>(positives.size());
    sum += found / (found + share_from(negatives, score) * static_cast<double>(negatives.size()));
  }
  return sum / static_cast<double>(positives.size());
}

Scores negated(Scores scores) {
  for (double& score : scores) score = -score;
  return scores;
}

void check_counts(const DetectionMetrics& found, const Json& expected) {
  CHECK(-found.threshold == expected["threshold"].get<double>());
  CHECK(found.accepted == expected["TP"].get<std::size_t>());
  CHECK(found.n_in - found.accepted == expected["FN"].get<std::size_t>());
  CHECK(found.detected == expected["TN"].get<std::size_t>());
  CHECK(found.n_anomalous - found.detected == expected["FP"].get<std::size_t>());
  CHECK(std::abs(found.tpr() - expected["TPR"].get<double>()) <= 1e-12);
  CHECK(std::abs(found.tnr() - expected["TNR"].get<double>()) <= 1e-12);
  CHECK(std::abs(found.auroc - expected["AUROC"].get<double>()) <= 1e-12);
  CHECK(std::abs(found.accuracy() - expected["detection_accuracy"].get<double>()) <= 1e-12);
}

}  // namespace

TEST_CASE("detection metrics equal those counted one threshold after the other") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Scores in = coarse_scores(1 + 9 * seed, 0, Seed(seed));
    const Scores out = coarse_scores(33, seed % 3 == 0 ? 2.5 : 3, Seed(seed + 100));
    const DetectionMetrics found = detection_metrics(in, out);
    CHECK(found.tpr() == Approx(1 - share_above(in, found.threshold)).epsilon(1e-14));
    CHECK(found.tnr() == Approx(share_above(out, found.threshold)).epsilon(1e-14));
    CHECK(found.fpr() == Approx(1 - found.tnr()).margin(1e-14));
    CHECK(found.error() == Approx(1 - found.accuracy()).margin(1e-14));
    CHECK(found.auroc == auroc(out, in));
    CHECK(found.best_accuracy == Approx(best_accuracy_by_counting(in, out)).epsilon(1e-14));
    CHECK(found.aupr_out == Approx(average_precision_by_counting(out, in)).epsilon(1e-13));
    CHECK(found.aupr_in == Approx(average_precision_by_counting(negated(in), negated(out))).epsilon(1e-13));
    CHECK(average_precision(out, in) == found.aupr_out);
    CHECK(found.best_accuracy >= found.accuracy());
  }
}

TEST_CASE("detection metrics see only the order of scores and no order of inputs") {
  const Scores in = coarse_scores(200, 0, Seed(1)), out = coarse_scores(100, 3, Seed(2));
  const auto bent = [](Scores scores) {
    std::reverse(scores.begin(), scores.end());
    for (double& score : scores) score = std::exp(score / 5) - 7;
    return scores;
  };
  const DetectionMetrics a = detection_metrics(in, out), b = detection_metrics(bent(in), bent(out));
  CHECK(a.accepted == b.accepted);
  CHECK(a.detected == b.detected);
  CHECK(a.auroc == b.auroc);
  CHECK(a.aupr_in == b.aupr_in);
  CHECK(a.aupr_out == b.aupr_out);
  CHECK(a.best_accuracy == b.best_accuracy);
}

TEST_CASE("the threshold accepts the lowest 95 percent, ties with it too") {
  Scores hundred(100);
  for (std::size_t i = 0; i < 100; ++i) hundred[i] = static_cast<double>((i * 37) % 100 + 1);
  CHECK(detection_threshold(hundred) == 95);
  CHECK(detection_threshold(hundred, 0.5) == 50);
  CHECK(detection_threshold(hundred, 1) == 100);
  CHECK(detection_threshold({4}) == 4);
  CHECK(detection_threshold({4, 3}) == 3);
  CHECK(detection_metrics({1, 2, 2, 2}, {2, 3}, 2).accepted == 4);
  CHECK(detection_metrics({1, 2, 2, 2}, {2, 3}, 2).detected == 1);
  CHECK(detection_metrics({1, 2}, {3}, 0).tpr() == 0);
}

TEST_CASE("scores that are all equal tell nothing") {
  const DetectionMetrics found = detection_metrics(Scores(30, 2), Scores(10, 2));
  CHECK(found.tpr() == 1);
  CHECK(found.tnr() == 0);
  CHECK(found.auroc == 0.5);
  CHECK(found.best_accuracy == 0.5);
  CHECK(found.aupr_in == 0.75);
  CHECK(found.aupr_out == 0.25);
}

TEST_CASE("detection metrics take infinite scores and refuse NaN, empty groups and odd shares") {
  const DetectionMetrics found = detection_metrics({-kInfinity, 0, 1}, {1, kInfinity});
  CHECK(found.threshold == 0);
  CHECK(found.tnr() == 1);
  CHECK(found.auroc == Approx(5.5 / 6));
  CHECK(detection_metrics({-kInfinity}, {kInfinity}).aupr_in == 1);
  const double nan = std::nan("");
  CHECK(error_text([&] { detection_metrics({1, nan}, {1}); }).find("in-distribution inputs, found NaN for input 1") !=
        std::string::npos);
  CHECK(error_text([&] { detection_metrics({1}, {nan}); }).find("anomalous inputs") != std::string::npos);
  CHECK_THROWS_AS(detection_metrics({}, {1}), Error);
  CHECK_THROWS_AS(detection_metrics({1}, {}), Error);
  CHECK_THROWS_AS(detection_metrics({1}, {1}, nan), Error);
  CHECK_THROWS_AS(average_precision({}, {1}), Error);
  CHECK_THROWS_AS(detection_threshold({1, 2}, 0), Error);
  CHECK_THROWS_AS(detection_threshold({1, 2}, nan), Error);
}

TEST_CASE("classes with a threshold each are judged apart and summed by their inputs") {
  const ClassedScores in{{1, 2, 11, 12, 13, 5}, {0, 0, 1, 1, 1, 2}};
  const ClassedScores anomalous{{3, 0, 12, 40, 41}, {0, 0, 1, 7, 7}};
  const ClasswiseMetrics found = classwise_metrics(in, anomalous);
  REQUIRE(found.classes.size() == 2);
  CHECK(found.classes.at(0).detected == 1);
  CHECK(found.classes.at(1).detected == 0);
  CHECK(found.unjudged == 2);
  CHECK(found.tnr == Approx(1.0 / 3));
  CHECK(found.tpr == Approx(3.0 / 5));
  CHECK(found.auroc == Approx((0.5 * 4 + 0.5 * 4) / 8));
  const ClassThresholds thresholds = class_thresholds(in);
  CHECK(thresholds == ClassThresholds{{0, 1}, {1, 12}, {2, 5}});
  CHECK(classwise_metrics(in, anomalous, thresholds).tnr == found.tnr);
  CHECK(classwise_metrics(in, anomalous, {{0, 3}, {1, 11}}).tnr == Approx(1.0 / 3));
}

TEST_CASE("one class for all gives the metrics of one threshold") {
  const Scores in = coarse_scores(150, 0, Seed(5)), out = coarse_scores(60, 2, Seed(6));
  const ClasswiseMetrics found = classwise_metrics({in, std::vector<std::int64_t>(150, 4)},
                                                   {out, std::vector<std::int64_t>(60, 4)});
  const DetectionMetrics expected = detection_metrics(in, out);
  CHECK(found.tpr == expected.tpr());
  CHECK(found.tnr == expected.tnr());
  CHECK(found.auroc == Approx(expected.auroc).epsilon(1e-15));
}

TEST_CASE("metrics by class refuse what they cannot judge") {
  CHECK_THROWS_AS(classwise_metrics({{1, 2}, {0}}, {{1}, {0}}), Error);
  CHECK(error_text([] { classwise_metrics({{1}, {0}}, {{1}, {1}}); }).find("found none") != std::string::npos);
  CHECK(error_text([] { classwise_metrics({{1}, {3}}, {{1}, {3}}, {{2, 0}}); }).find("class 3") != std::string::npos);
  CHECK_THROWS_AS(classwise_metrics({{1}, {0}}, {{1, std::nan("")}, {0, 1}}), Error);
}

TEST_CASE("detection metrics have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  const Json expected = golden->json("h_expected");
  for (const Json& one : expected["globals"]) {
    const std::string name = "h_" + std::to_string(one["case"].get<int>());
    CAPTURE(name);
    check_counts(detection_metrics(negated(golden->values(name + "_id")), negated(golden->values(name + "_ood"))), one);
  }
  for (const Json& one : expected["classwise"]) {
    const std::string name = "h_cw" + std::to_string(one["case"].get<int>());
    CAPTURE(name);
    const auto inputs = [&](const std::string& kind) {
      return ClassedScores{negated(golden->values(name + kind)), golden->integers(name + kind + "_class")};
    };
    const ClasswiseMetrics found = classwise_metrics(inputs("_id"), inputs("_ood"));
    CHECK(std::abs(found.tnr - one["TNR"].get<double>()) <= 1e-12);
    CHECK(std::abs(found.tpr - one["TPR"].get<double>()) <= 1e-12);
    CHECK(std::abs(found.auroc - one["AUROC"].get<double>()) <= 1e-12);
    REQUIRE(found.classes.size() == one["per_class"].size());
    for (const auto& [kind, metrics] : found.classes) check_counts(metrics, one["per_class"][std::to_string(kind)]);
  }
}
