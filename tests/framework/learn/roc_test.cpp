#include "framework/learn/roc.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

std::vector<double> coarse_scores(std::size_t count, double shift, Seed seed) {
  RandomStream random(seed);
  std::vector<double> scores(count);
  for (double& score : scores) score = std::floor(10 * random.uniform()) + shift;
  return scores;
}

double auroc_by_pairs(const std::vector<double>& positives, const std::vector<double>& negatives) {
  double won = 0;
  for (double p : positives) {
    for (double n : negatives) won += p > n ? 1 : p == n ? 0.5 : 0;
  }
  return won / static_cast<double>(positives.size() * negatives.size());
}

TEST_CASE("the interval of a mean covers it as often as it says") {
  int covered = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    RandomStream random(Seed(7).child(trial));
    std::vector<double> values(60);
    for (double& value : values) value = random.uniform();
    const Interval interval = mean_interval(values, 0.9, 400, Seed(trial));
    covered += interval.low <= 0.5 && 0.5 <= interval.high ? 1 : 0;
  }
  CHECK(covered > 165);  // 180 expected, sd 4.2
  CHECK(covered < 195);
  const Interval same = mean_interval({2, 2, 2}, 0.95, 50, Seed(1));
  CHECK((same.low == 2 && same.high == 2));
  CHECK_THROWS_AS(mean_interval({}, 0.95, 50, Seed(1)), Error);
}

}  // namespace

TEST_CASE("AUROC is the share of pairs won, ties counting half") {
  CHECK(auroc({3, 4}, {1, 2}) == 1);
  CHECK(auroc({1, 2}, {3, 4}) == 0);
  CHECK(auroc({1, 1}, {1, 1}) == 0.5);
  CHECK(auroc({2, 3}, {1, 2}) == 0.875);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto positives = coarse_scores(1 + 7 * seed, 1, Seed(seed));
    const auto negatives = coarse_scores(40, 0, Seed(seed + 100));
    CHECK(auroc(positives, negatives) ==
          Approx(auroc_by_pairs(positives, negatives)).epsilon(1e-14));
  }
}

TEST_CASE("AUROC of exchanged groups is its complement") {
  const auto a = coarse_scores(31, 0.5, Seed(1));
  const auto b = coarse_scores(17, 0, Seed(2));
  CHECK(auroc(a, b) + auroc(b, a) == Approx(1).epsilon(1e-14));
}

TEST_CASE("AUROC takes infinite scores and rejects NaN and empty groups") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(auroc({infinity}, {1, infinity}) == 0.75);
  CHECK_THROWS_AS(auroc({}, {1}), Error);
  CHECK_THROWS_AS(auroc({1}, {}), Error);
  CHECK(error_text([] {
          auroc({1, std::nan("")}, {1});
        }).find("positive score 1") != std::string::npos);
}

TEST_CASE("the bootstrap interval holds the AUROC and narrows with more scores") {
  const auto width = [](std::size_t count) {
    const auto positives = coarse_scores(count, 1, Seed(3));
    const auto negatives = coarse_scores(count, 0, Seed(4));
    const Interval interval = auroc_interval(positives, negatives, 0.95, 1000, Seed(5));
    const double area = auroc(positives, negatives);
    CHECK(interval.low < area);
    CHECK(interval.high > area);
    return interval.high - interval.low;
  };
  const double wide = width(50);
  const double narrow = width(5000);
  CHECK(narrow < wide / 5);
  CHECK(narrow > wide / 20);
}

TEST_CASE("the bootstrap interval is as wide as the known spread of AUROC under the null") {
  const double count = 2000;
  const auto positives = coarse_scores(2000, 0, Seed(7));
  const auto negatives = coarse_scores(2000, 0, Seed(8));
  const double sd = std::sqrt((2 * count + 1) / (12 * count * count));
  const auto width = [&](double confidence) {
    const Interval interval = auroc_interval(positives, negatives, confidence, 1000, Seed(9));
    return interval.high - interval.low;
  };
  CHECK(width(0.95) == Approx(2 * 1.960 * sd).epsilon(0.1));
  CHECK(width(0.5) == Approx(2 * 0.674 * sd).epsilon(0.1));
}

TEST_CASE("the bootstrap interval covers the truth about as often as it claims") {
  int covered = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Seed seed = Seed(6).child(i);
    const auto positives = coarse_scores(60, 0, seed.child("positives"));
    const auto negatives = coarse_scores(60, 0, seed.child("negatives"));
    const Interval interval = auroc_interval(positives, negatives, 0.9, 300, seed.child("draws"));
    covered += interval.low <= 0.5 && 0.5 <= interval.high ? 1 : 0;
  }
  CHECK(covered >= 165);  // 180 expected, sd 4.2
  CHECK(covered <= 195);
}

TEST_CASE("the bootstrap interval depends on its seed alone") {
  const auto positives = coarse_scores(30, 1, Seed(3));
  const auto negatives = coarse_scores(30, 0, Seed(4));
  const Interval a = auroc_interval(positives, negatives, 0.95, 100, Seed(5));
  const Interval b = auroc_interval(positives, negatives, 0.95, 100, Seed(5));
  const Interval c = auroc_interval(positives, negatives, 0.95, 100, Seed(6));
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK((a.low != c.low || a.high != c.high));
  CHECK_THROWS_AS(auroc_interval(positives, negatives, 1, 100, Seed(5)), Error);
  CHECK_THROWS_AS(auroc_interval(positives, negatives, 0.95, 0, Seed(5)), Error);
}

TEST_CASE("precision and recall count the anomalous inputs returned") {
  const std::vector<std::uint8_t> anomalous = {1, 0, 1, 0, 0, 1, 1};
  const Retrieval found = retrieval({0, 1, 2}, anomalous);
  CHECK(*found.precision == Approx(2 / 3.0));
  CHECK(*found.recall == 0.5);
}

TEST_CASE("precision and recall are absent where they are undefined") {
  CHECK_FALSE(retrieval({}, {1, 0}).precision);
  CHECK(*retrieval({}, {1, 0}).recall == 0);
  CHECK_FALSE(retrieval({0}, {0, 0}).recall);
  CHECK(*retrieval({0}, {0, 0}).precision == 0);
  CHECK_THROWS_AS(retrieval({2}, {0, 1}), Error);
}
