#include "framework/scan/axis_search.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/framework/scan/reference_scan.h"

using namespace deepmine;

namespace {

std::vector<double> alphas_of(const Matrix<double>& p, const std::string& grid) {
  return grid == "exact" ? reference::exact_alphas(p, 0.5) : reference::linear_alphas(10, 0.5);
}

double near(double expected) { return std::max(1.0, expected) * 1e-9; }

}  // namespace

TEST_CASE("a half step finds the best of all subsets of its axis") {
  const auto statistic = GENERATE(from_range(scan_statistics()));
  const std::string grid = GENERATE("exact", "linear:10");
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const std::uint32_t denominator = seed % 2 == 0 ? 20 : 9001;  // with and without many ties
    const auto p = random_p_values({7, 8, denominator, 3, 3}, Seed(seed));
    const SubsetScan scan(PValueMatrix(p, AlphaGrid::parse(grid)), statistic);
    const auto alphas = alphas_of(p, grid);
    const reference::Records inputs = {0, 2, 3};
    const reference::Records nodes = {1, 2, 5, 7};
    const double best_nodes =
        reference::exhaustive_side(p, alphas, statistic, Axis::kNodes, inputs);
    const double best_inputs =
        reference::exhaustive_side(p, alphas, statistic, Axis::kInputs, nodes);
    CHECK(scan.optimise(Axis::kNodes, inputs).score == Approx(best_nodes).margin(near(best_nodes)));
    CHECK(scan.optimise(Axis::kInputs, nodes).score ==
          Approx(best_inputs).margin(near(best_inputs)));
  }
}

TEST_CASE("a half step's subset has the score, alpha and count it claims") {
  const auto statistic = GENERATE(from_range(scan_statistics()));
  const auto p = random_p_values({30, 40, 1001, 8, 10}, Seed(4));
  const SubsetScan scan(PValueMatrix(p, AlphaGrid()), statistic);
  const reference::Records nodes = {0, 1, 2, 3, 4, 5, 30, 31};
  const SideOptimum found = scan.optimise(Axis::kInputs, nodes);
  REQUIRE(found.alpha);
  std::uint64_t n_alpha = 0;
  for (std::uint32_t i : found.records) {
    for (std::uint32_t j : nodes) n_alpha += p(i, j) <= *found.alpha ? 1U : 0U;
  }
  CHECK(found.n_alpha == n_alpha);
  CHECK(found.score ==
        scan_score(statistic, n_alpha, found.records.size() * nodes.size(), *found.alpha));
}

TEST_CASE("equal scores go to the smaller alpha") {
  // Kolmogorov-Smirnov: one p-value at 1/4 scores 1 - 1/4, four up to 5/8 score 2 (1 - 5/8).
  const auto statistic = ScanStatistic::kKolmogorovSmirnov;
  REQUIRE(scan_score(statistic, 1, 1, 0.25) == scan_score(statistic, 4, 4, 0.625));
  // The other column only adds alphas, so that the two fall anywhere within bins of many levels.
  const std::size_t below = GENERATE(0, 700);
  for (std::size_t between = 0; between < (below > 0 ? 40U : 1U); ++between) {
    Matrix<double> p(4 + below + between, 2, 1.0);
    p(0, 0) = 0.25;
    for (std::size_t i = 1; i < 4; ++i) p(i, 0) = 0.625;
    for (std::size_t i = 0; i < below; ++i) p(4 + i, 1) = 0.0001 * static_cast<double>(i + 1);
    for (std::size_t i = 0; i < between; ++i) {
      p(4 + below + i, 1) = 0.3 + 0.001 * static_cast<double>(i);
    }
    const SubsetScan scan(PValueMatrix(p, AlphaGrid(0.99)), statistic);
    const SideOptimum found = scan.optimise(Axis::kInputs, {0});
    CHECK(found.score == 0.75);
    CHECK(*found.alpha == 0.25);
    CHECK(found.records == reference::Records{0});
  }
}

TEST_CASE("refining wide bins loses nothing against scoring every alpha") {
  // Some 1500 alphas: the engine groups them in bins, the reference tries each.
  const auto statistic = GENERATE(from_range(scan_statistics()));
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto p = random_p_values({25, 120, 1000003, seed > 0 ? 6U : 0U, 20}, Seed(seed));
    const SubsetScan scan(PValueMatrix(p, AlphaGrid()), statistic);
    const auto alphas = reference::exact_alphas(p, 0.5);
    REQUIRE(alphas.size() > 1000);
    reference::Records nodes;
    for (std::uint32_t j = 0; j < 120; j += 1 + static_cast<std::uint32_t>(seed))
      nodes.push_back(j);
    const auto expected = reference::half_step(p, alphas, statistic, Axis::kInputs, nodes);
    const SideOptimum found = scan.optimise(Axis::kInputs, nodes);
    REQUIRE(expected.gap > 1e-9);
    CHECK(found.score == Approx(expected.score).epsilon(1e-9));
    CHECK(found.alpha == expected.alpha);
    CHECK(found.records == expected.records);
  }
}

TEST_CASE("refining a bin counts what lies in the bins before it") {
  // The second node gives 30000 alphas, so that even the second bin, from level 3 on, is wide; the
  // best alpha, level 5, lies inside it, and two of its five inputs in the bin before.
  const std::size_t inputs = 30000;
  Matrix<std::uint32_t> numerators(inputs, 2, 60001U);
  for (std::uint32_t i = 0; i < inputs; ++i) numerators(i, 1) = i + 1;
  const std::uint32_t of_first[] = {1, 2, 6, 6, 6};
  for (std::uint32_t i = 0; i < 5; ++i) numerators(i, 0) = of_first[i];
  const SubsetScan scan(PValueMatrix(numerators, 60001, AlphaGrid()), ScanStatistic::kBerkJones);
  const SideOptimum found = scan.optimise(Axis::kInputs, {0});
  CHECK(found.score == Approx(5 * std::log(60001 / 6.0)).epsilon(1e-12));
  CHECK(found.records == reference::Records{0, 1, 2, 3, 4});
  CHECK(found.n_alpha == 5);
}
