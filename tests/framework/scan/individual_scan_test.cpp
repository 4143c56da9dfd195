#include "framework/scan/individual_scan.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/framework/scan/reference_scan.h"

using namespace deepmine;

TEST_CASE("the individual score is the largest k ln(1/alpha)") {
  const Matrix<double> p(1, 5, {0.1, 0.2, 0.2, 0.5, 0.9});
  const auto scores = individual_scan(PValueMatrix(p, AlphaGrid()), ScanStatistic::kBerkJones);
  REQUIRE(scores.size() == 1);
  // 1 ln 10 = 2.30, 3 ln 5 = 4.83, 4 ln 2 = 2.77.
  CHECK(scores[0].score == Approx(3 * std::log(5.0)).epsilon(1e-14));
  CHECK(*scores[0].alpha == 0.2);
  CHECK(scores[0].nodes == 3);
}

TEST_CASE("4096 evenly spread p-values score about 4096 / e at about 1 / e") {
  Matrix<std::uint32_t> numerators(1, 4096);
  for (std::uint32_t j = 0; j < 4096; ++j) numerators(0, j) = j + 1;
  const auto score =
      individual_scan(PValueMatrix(numerators, 4096, AlphaGrid()), ScanStatistic::kBerkJones)[0];
  CHECK(score.score == Approx(4096 / std::exp(1.0)).epsilon(1e-6));
  CHECK(*score.alpha == Approx(1 / std::exp(1.0)).epsilon(1e-3));
}

TEST_CASE("an individual scan equals the general scan of a matrix of one input") {
  for (ScanStatistic statistic : scan_statistics()) {
    for (const char* text : {"exact", "linear:50", "linear:300"}) {
      for (std::uint32_t denominator : {13U, 501U, 1000003U}) {
        const AlphaGrid grid = AlphaGrid::parse(text);
        const auto p = random_p_values({12, 90, denominator, 4, 20}, Seed(denominator));
        const PValueMatrix all(p, grid);
        const auto scores = individual_scan(all, statistic);
        REQUIRE(scores.size() == 12);
        for (std::size_t i = 0; i < 12; ++i) {
          const SubsetScan scan(all.gather({i}), statistic);
          const Ascent ascent = scan.ascend(Start::all_inputs(1));
          CHECK(scores[i].score == ascent.score);
          CHECK(scores[i].alpha == ascent.alpha);
          CHECK(scores[i].nodes == ascent.nodes.size());
        }
      }
    }
  }
}

TEST_CASE("an individual score is the best of all subsets of nodes") {
  const auto p = random_p_values({6, 10, 30}, Seed(1));
  for (ScanStatistic statistic : scan_statistics()) {
    const auto scores = individual_scan(PValueMatrix(p, AlphaGrid()), statistic);
    for (std::uint32_t i = 0; i < 6; ++i) {
      const double best = reference::exhaustive_side(p, reference::exact_alphas(p, 0.5), statistic,
                                                     Axis::kNodes, {i});
      CHECK(scores[i].score == Approx(best).epsilon(1e-12));
    }
  }
}

TEST_CASE("repeating every node four times multiplies the individual score by four") {
  const auto background = random_activations<float>(200, 49, Seed(2));
  const auto evaluation = random_activations<float>(20, 49, Seed(3));
  const auto upsampled = [](const Matrix<float>& from) {
    Matrix<float> to(from.rows(), from.cols() * 4);
    for (std::size_t i = 0; i < to.rows(); ++i) {
      for (std::size_t j = 0; j < to.cols(); ++j) to(i, j) = from(i, j / 4);
    }
    return to;
  };
  const auto scores = [](const Matrix<float>& b, const Matrix<float>& e) {
    const SortedBackground<float> sorted(b);
    return individual_scan(PValueMatrix(sorted.numerators(e), sorted.denominator(), AlphaGrid()),
                           ScanStatistic::kBerkJones);
  };
  const auto plain = scores(background, evaluation);
  const auto fourfold = scores(upsampled(background), upsampled(evaluation));
  for (std::size_t i = 0; i < plain.size(); ++i) {
    REQUIRE(plain[i].score > 0);
    CHECK(fourfold[i].score == 4 * plain[i].score);
    CHECK(fourfold[i].alpha == plain[i].alpha);
    CHECK(fourfold[i].nodes == 4 * plain[i].nodes);
  }
}

TEST_CASE("an input without small p-values scores 0 without alpha") {
  Matrix<double> p(2, 4, 0.8);
  p(1, 2) = 0.3;
  for (const char* grid : {"exact", "linear:50"}) {
    const auto scores =
        individual_scan(PValueMatrix(p, AlphaGrid::parse(grid)), ScanStatistic::kBerkJones);
    CHECK(scores[0].score == 0);
    CHECK_FALSE(scores[0].alpha);
    CHECK(scores[0].nodes == 0);
    CHECK(scores[1].nodes == 1);
    CHECK(*scores[1].alpha == 0.3);
  }
}

TEST_CASE("more nodes than are looked at in one go are all counted") {
  Matrix<std::uint32_t> numerators(1, 10000);
  for (std::uint32_t j = 0; j < 10000; ++j) numerators(0, j) = j + 1;
  const auto score =
      individual_scan(PValueMatrix(numerators, 10000, AlphaGrid()), ScanStatistic::kBerkJones)[0];
  CHECK(score.score == Approx(10000 / std::exp(1.0)).epsilon(1e-6));
  CHECK(score.nodes == Approx(10000 / std::exp(1.0)).epsilon(1e-3));
}
