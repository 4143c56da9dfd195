#include "framework/scan/scan_statistic.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/seed.h"
#include "framework/scan/score_kernels.h"
#include "tests/framework/scan/instruction_sets.h"
#include "tests/framework/scan/reference_scan.h"
#include "tests/support/error_text.h"

using namespace deepmine;

TEST_CASE("scan statistics have the values of their formulas") {
  // N = 100, alpha = 0.1, N_alpha = 20.
  CHECK(scan_score(ScanStatistic::kBerkJones, 20, 100, 0.1) ==
        Approx(20 * std::log(2.0) + 80 * std::log(0.8 / 0.9)).epsilon(1e-12));
  CHECK(scan_score(ScanStatistic::kHigherCriticism, 20, 100, 0.1) == Approx(10 / 3.0));
  CHECK(scan_score(ScanStatistic::kKolmogorovSmirnov, 20, 100, 0.1) == Approx(1.0));
}

TEST_CASE("Berk-Jones of p-values that are all at most alpha is n ln(1/alpha)") {
  CHECK(scan_score(ScanStatistic::kBerkJones, 7, 7, 0.25) == 7 * std::log(4.0));
  CHECK(AlphaScorer(ScanStatistic::kBerkJones, 0.25).all(7) == 7 * std::log(4.0));
}

TEST_CASE("the score of all p-values is the same number by either way") {
  for (ScanStatistic statistic : scan_statistics()) {
    for (double alpha : {1.0 / 9001, 0.01, 0.37, 0.5, 0.999, 1.0}) {
      const AlphaScorer scorer(statistic, alpha);
      for (std::uint64_t n : {1ULL, 3ULL, 4096ULL, 8200000ULL})
        CHECK(scorer.all(n) == scorer(n, n));
    }
  }
}

TEST_CASE("a score is 0 unless more p-values than expected are small") {
  for (ScanStatistic statistic : scan_statistics()) {
    CHECK(scan_score(statistic, 25, 100, 0.25) == 0);
    CHECK(scan_score(statistic, 24, 100, 0.25) == 0);
    CHECK(scan_score(statistic, 0, 100, 0.25) == 0);
    CHECK(scan_score(statistic, 0, 0, 0.25) == 0);
    CHECK(scan_score(statistic, 100, 100, 1.0) == 0);
    CHECK(scan_score(statistic, 26, 100, 0.25) > 0);
  }
}

TEST_CASE("a score grows with n_alpha and falls with alpha") {
  for (ScanStatistic statistic : scan_statistics()) {
    for (std::uint64_t k = 31; k <= 100; ++k) {
      CHECK(scan_score(statistic, k, 100, 0.3) > scan_score(statistic, k - 1, 100, 0.3));
      CHECK(scan_score(statistic, k, 100, 0.29) > scan_score(statistic, k, 100, 0.3));
    }
  }
}

TEST_CASE("scores agree with the reference formulas") {
  for (ScanStatistic statistic : scan_statistics()) {
    for (std::uint64_t k = 0; k <= 60; ++k) {
      for (double alpha : {0.001, 0.2, 0.5}) {
        const double expected = reference::score(statistic, static_cast<double>(k), 60, alpha);
        CHECK(scan_score(statistic, k, 60, alpha) == Approx(expected).epsilon(1e-12).margin(1e-12));
      }
    }
  }
}

TEST_CASE("a score of billions of p-values does not overflow") {
  const std::uint64_t n = 10'000'000'000;
  CHECK(scan_score(ScanStatistic::kBerkJones, n, n, 0.5) == Approx(1e10 * std::log(2.0)));
}

TEST_CASE("scan statistics are parsed from their own names") {
  CHECK(scan_statistics().size() == 3);
  for (ScanStatistic statistic : scan_statistics()) {
    CHECK(parse_scan_statistic(scan_statistic_name(statistic)) == statistic);
  }
}

TEST_CASE("an unknown scan statistic is answered with the known ones") {
  CHECK(error_text([] { parse_scan_statistic("bj"); }) ==
        "unknown scan statistic \"bj\"; known: berk-jones, higher-criticism, kolmogorov-smirnov");
}

TEST_CASE("upper bounds lie above scores, by no more than the slack, for any instruction set") {
  for_each_instruction_set([] {
    for (ScanStatistic statistic : scan_statistics()) {
      for (double alpha : {1e-12, 0.0001, 0.01, 0.3, 0.5, 0.9, 1 - 1e-9, 1.0}) {
        const AlphaScorer scorer(statistic, alpha);
        for (std::uint64_t n : {1U, 10U, 5000U, 40'000'000U}) {
          std::vector<double> n_alpha, sizes;
          for (std::uint64_t k = 1; k <= n; k += 1 + n / 1003) {
            n_alpha.push_back(static_cast<double>(k));
            sizes.push_back(static_cast<double>(n));
          }
          const std::size_t count = sizes.size();
          for (auto* column : {&n_alpha, &sizes}) {
            column->resize(count + kernels::kColumnPadding, 1.0);
          }
          std::vector<double> means(sizes.size()), entropies(sizes.size()), bounds(sizes.size());
          kernels::complete(n_alpha.data(), sizes.data(), count, means.data(), entropies.data());
          const double largest = scorer.upper_bounds(
              {sizes.data(), means.data(), entropies.data(), count}, bounds.data());
          const double slack = scorer.slack(static_cast<double>(n));
          bool above = true, close = true;
          for (std::size_t i = 0; i < count; ++i) {
            const double score = scorer(static_cast<std::uint64_t>(n_alpha[i]), n);
            above = above && bounds[i] >= score;
            close = close && bounds[i] <= score + slack;
          }
          INFO(scan_statistic_name(statistic) << " alpha " << alpha << " n " << n);
          CHECK(above);
          CHECK(close);
          CHECK(largest == *std::max_element(bounds.data(), bounds.data() + count));
        }
      }
    }
  });
}

TEST_CASE("the numbers that are not 0 are listed in order, for any instruction set") {
  RandomStream random(Seed(2));
  for_each_instruction_set([&] {
    for (const std::size_t last : {0U, 1U, 15U, 16U, 100U}) {
      std::vector<std::uint32_t> numbers(last), found(last + kernels::kColumnPadding), expected;
      for (auto& number : numbers) number = static_cast<std::uint32_t>(random.below(3));
      const std::size_t first = last / 3;
      for (std::size_t i = first; i < last; ++i) {
        if (numbers[i] != 0) expected.push_back(static_cast<std::uint32_t>(i));
      }
      found.resize(kernels::list_filled(numbers.data(), first, last, found.data()));
      CHECK(found == expected);
    }
  });
}
