#include "framework/scan/count_histogram.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "framework/core/seed.h"
#include "tests/framework/scan/reference_scan.h"

using namespace deepmine;

TEST_CASE("the best prefix takes whole groups of equal counts") {
  const std::vector<std::uint32_t> counts = {5, 0, 9, 5, 1, 0};
  CountHistogram histogram;
  histogram.assign(counts.data(), counts.size(), 10);
  const AlphaScorer scorer(ScanStatistic::kBerkJones, 0.3);
  const Prefix best = histogram.best(scorer);
  // The candidates are {9} and {9, 5, 5}.
  const double of_one = scan_score(ScanStatistic::kBerkJones, 9, 10, 0.3);
  const double of_three = scan_score(ScanStatistic::kBerkJones, 19, 30, 0.3);
  REQUIRE(of_one > of_three);
  CHECK(best.score == of_one);
  CHECK(best.least == 9);
  CHECK(best.n_alpha == 9);
}

TEST_CASE("counts that are no more than expected make no prefix") {
  const std::vector<std::uint32_t> counts = {3, 2, 3};
  CountHistogram histogram;
  histogram.assign(counts.data(), counts.size(), 10);
  CHECK(histogram.best(AlphaScorer(ScanStatistic::kBerkJones, 0.3)).score == 0);
  CHECK_FALSE(histogram.may_reach(AlphaScorer(ScanStatistic::kBerkJones, 0.3), 1e-9));
}

TEST_CASE("a histogram reaches its best score and nothing beyond") {
  const std::vector<std::uint32_t> counts = {7, 2, 8, 5};
  CountHistogram histogram;
  histogram.assign(counts.data(), counts.size(), 10);
  for (ScanStatistic statistic : scan_statistics()) {
    const AlphaScorer scorer(statistic, 0.2);
    const double best = histogram.best(scorer).score;
    CHECK(histogram.may_reach(scorer, best));
    CHECK_FALSE(histogram.may_reach(scorer, best * 1.000001));
  }
}

TEST_CASE("raising and lowering counts equals assigning the new ones") {
  RandomStream random(Seed(1));
  const std::size_t items = 30;
  std::vector<std::uint32_t> counts(20, 10);
  CountHistogram moved;
  moved.assign(counts.data(), counts.size(), items);
  for (int step = 0; step < 2000; ++step) {
    std::uint32_t& count = counts[random.below(counts.size())];
    const bool up = count == 0 || (count < items && random.below(2) == 0);
    if (up) {
      moved.raise(count++);
    } else {
      moved.lower(count--);
    }
    if (step % 50 != 0) continue;
    CountHistogram fresh;
    fresh.assign(counts.data(), counts.size(), items);
    const AlphaScorer scorer(ScanStatistic::kBerkJones, 0.3);
    CHECK(moved.best(scorer).score == fresh.best(scorer).score);
    CHECK(moved.best(scorer).least == fresh.best(scorer).least);
  }
  // Nothing of the old counts remains.
  const std::vector<std::uint32_t> few = {1, 1};
  moved.assign(few.data(), few.size(), items);
  CHECK(moved.best(AlphaScorer(ScanStatistic::kBerkJones, 0.01)).n_alpha == 2);
}

TEST_CASE("counts lowered below all others are still walked") {
  const std::vector<std::uint32_t> counts = {10, 10};
  CountHistogram histogram;
  histogram.assign(counts.data(), counts.size(), 30);
  histogram.lower(10);
  histogram.lower(10);
  CHECK(histogram.best(AlphaScorer(ScanStatistic::kBerkJones, 0.01)).n_alpha == 18);
}

TEST_CASE("of prefixes with equal scores the shortest is best") {
  // Kolmogorov-Smirnov at 1/4 of 16: (12 - 4) / sqrt(16) = (12 + 8 * 6 - 36) / sqrt(9 * 16).
  const std::vector<std::uint32_t> counts = {6, 6, 6, 6, 12, 6, 6, 6, 6};
  const AlphaScorer scorer(ScanStatistic::kKolmogorovSmirnov, 0.25);
  REQUIRE(scorer(12, 16) == scorer(60, 144));
  CountHistogram histogram;
  histogram.assign(counts.data(), counts.size(), 16);
  CHECK(histogram.best(scorer).score == 2);
  CHECK(histogram.best(scorer).least == 12);
}

TEST_CASE("a floor hides nothing that reaches it") {
  RandomStream random(Seed(6));
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint32_t> counts(40);
    for (auto& count : counts) count = static_cast<std::uint32_t>(random.below(31));
    for (ScanStatistic statistic : scan_statistics()) {
      CountHistogram histogram, anew;
      histogram.assign(counts.data(), counts.size(), 30);
      anew.assign(counts.data(), counts.size(), 30);
      const AlphaScorer low(statistic, 0.1), high(statistic, 0.4);
      const double best = anew.best(high).score;
      histogram.may_reach(low, 1e9);  // lists more prefixes than the next question needs
      CHECK(histogram.best(high, best).score == best);
      CHECK(histogram.best(high, best * 1.01).score <= best);
      CHECK(histogram.may_reach(high, best));
    }
  }
}

TEST_CASE("counts looked at as they are asked for give the same prefixes as all of them at once") {
  RandomStream random(Seed(8));
  for (const std::size_t records : {40U, 700U, 5000U}) {  // narrow ranges are counted in another way
    BitSlices slices(records, 300, 5);
    std::vector<std::uint8_t> bins(records);
    for (std::size_t item = 0; item < 300; ++item) {
      for (auto& bin : bins) bin = static_cast<std::uint8_t>(random.below(6));
      slices.set_item(item, bins.data());
    }
    SlicedCounts counts(slices, 5);
    std::vector<std::uint32_t> items(300), of_bin;
    std::iota(items.begin(), items.end(), 0U);
    counts.count(items);
    CountHistogram lazy;
    for (std::size_t bin = 5; bin-- > 0;) {
      counts.unslice(bin, of_bin);
      lazy.assign(counts, bin);
      for (double alpha : {0.9, 0.5, 0.45, 0.1, 0.3, 0.0001}) {
        CountHistogram whole;
        whole.assign(of_bin.data(), records, 300);
        const AlphaScorer scorer(ScanStatistic::kBerkJones, alpha);
        const Prefix found = lazy.best(scorer), expected = whole.best(scorer);
        INFO(records << " records, bin " << bin << ", alpha " << alpha);
        CHECK(found.score == expected.score);
        CHECK(found.least == expected.least);
        CHECK(found.n_alpha == expected.n_alpha);
      }
    }
  }
}
