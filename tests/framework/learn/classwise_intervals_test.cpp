#include "framework/learn/classwise_intervals.h"

#include <catch2/catch.hpp>

#include <cmath>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

/// Scores of classes 0 and 1, exponential with a mean, those of class 1 above 1.
ClassedScores exponential_scores(std::size_t n, double mean, Seed seed) {
  ClassedScores scores;
  RandomStream random(seed);
  for (std::size_t i = 0; i < n; ++i) {
    scores.classes.push_back(static_cast<std::int64_t>(i % 2));
    scores.scores.push_back(static_cast<double>(i % 2) - mean * std::log(1 - random.uniform()));
  }
  return scores;
}

TEST_CASE("an interval by class holds the true metric about as often as it says, and what was measured") {
  constexpr int kTrials = 200;
  const double mean = 4, auroc = mean / (1 + mean), tnr = std::pow(0.05, 1 / mean);
  int auroc_held = 0, tnr_held = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Seed seed = Seed(3).child(static_cast<std::uint64_t>(trial));
    const ClassedScores in = exponential_scores(600, 1, seed.child("in")),
                        out = exponential_scores(500, mean, seed.child("out"));
    const ClasswiseIntervals found = classwise_intervals(in, out, 0.95, 200, seed.child("draws"));
    const ClasswiseMetrics measured = classwise_metrics(in, out);
    CHECK(found.auroc.low < measured.auroc);
    CHECK(measured.auroc < found.auroc.high);
    auroc_held += found.auroc.low <= auroc && auroc <= found.auroc.high ? 1 : 0;
    tnr_held += found.tnr.low <= tnr && tnr <= found.tnr.high ? 1 : 0;
  }
  CHECK(auroc_held >= 0.90 * kTrials);
  CHECK(tnr_held >= 0.90 * kTrials);
  CHECK(tnr_held < kTrials);
}

TEST_CASE("inputs without spread have intervals without width, whatever their ties") {
  const ClassedScores in{{1, 1, 1, 2}, {0, 0, 0, 1}}, out{{1, 1, 3, 5}, {0, 0, 1, 7}};
  const ClasswiseIntervals found = classwise_intervals(in, out, 0.95, 50, Seed(1));
  // Class 0: all ties, 0.5 of 5 inputs; class 1: 1 of 2; class 7 has no clean input.
  CHECK(found.auroc.low == Approx((0.5 * 5 + 1 * 2) / 7.0));
  CHECK(found.auroc.high == found.auroc.low);
  CHECK(found.tnr.low == Approx(1 / 3.0));
  CHECK(found.tnr.high == found.tnr.low);
}

TEST_CASE("intervals by class hang on the seed alone, and refuse what has no metrics") {
  const ClassedScores in = exponential_scores(40, 1, Seed(1)), out = exponential_scores(30, 2, Seed(2));
  const auto low = [&](std::uint64_t seed) { return classwise_intervals(in, out, 0.9, 100, Seed(seed)).auroc.low; };
  CHECK(low(5) == low(5));
  CHECK(low(5) != low(6));
  CHECK_THAT(error_text([&] { classwise_intervals(in, out, 0.9, 0, Seed(1)); }), Catch::Contains("resamples"));
  CHECK_THAT(error_text([&] { classwise_intervals(in, out, 1, 10, Seed(1)); }), Catch::Contains("confidence"));
  CHECK(!error_text([&] { classwise_intervals(in, ClassedScores{{1}, {9}}, 0.9, 10, Seed(1)); }).empty());
}

}  // namespace
}  // namespace deepmine
