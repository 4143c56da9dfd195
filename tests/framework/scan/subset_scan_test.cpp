#include "framework/scan/subset_scan.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/framework/scan/random_matrix.h"
#include "tests/framework/scan/reference_scan.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

std::vector<double> alphas_of(const Matrix<double>& p, const AlphaGrid& grid) {
  return grid.is_exact() ? reference::exact_alphas(p, grid.alpha_max())
                         : reference::linear_alphas(50, grid.alpha_max());
}

bool never_falls(const std::vector<HalfStep>& trace) {
  for (std::size_t i = 1; i + 1 < trace.size(); ++i) {
    if (trace[i].score <= trace[i - 1].score) return false;
  }
  const std::size_t last = trace.size() - 1;  // raises nothing, up to rounding
  return std::abs(trace[last].score - trace[last - 1].score) <= 1e-9 * (1 + trace[last].score);
}

/// Compares subsets only where no other choice comes so close that rounding could decide.
void check_ascent(const Ascent& found, const reference::Ascent& expected) {
  CHECK(found.score == Approx(expected.score).epsilon(1e-9).margin(1e-9));
  if (expected.gap < 1e-9 && expected.score > 0) return;
  REQUIRE(found.trace.size() == expected.trace.size());
  for (std::size_t i = 0; i < found.trace.size(); ++i) {
    CHECK(found.trace[i].size == expected.trace[i].records.size());
  }
  CHECK(found.alpha.value_or(0) == expected.alpha);
  CHECK(found.inputs == expected.inputs);
  CHECK(found.nodes == expected.nodes);
}

ScanOptions options_of(ScanStatistic statistic, const AlphaGrid& grid, std::size_t restarts = 5) {
  ScanOptions options;
  options.statistic = statistic;
  options.alphas = grid;
  options.restarts = restarts;
  return options;
}

}  // namespace

TEST_CASE("ascents agree with the plain reference on random matrices") {
  const auto statistic = GENERATE(from_range(scan_statistics()));
  const std::string text = GENERATE("exact", "linear:50");
  const AlphaGrid grid = AlphaGrid::parse(text);
  const PValueRecipe recipe = GENERATE(values<PValueRecipe>({{1, 30},
                                                             {30, 1},
                                                             {13, 17},
                                                             {40, 25, 21},
                                                             {20, 60, 301, 5, 15},
                                                             {17, 33, 65537, 4, 8},
                                                             {12, 80, 3, 0, 0}}));
  for (std::uint64_t seed = 0; seed < 2; ++seed) {
    INFO(recipe.rows << " x " << recipe.cols << ", denominator " << recipe.denominator);
    const auto p = random_p_values(recipe, Seed(seed));
    const SubsetScan scan(PValueMatrix(p, grid), statistic);
    const Start starts[] = {Start::all_inputs(p.rows()), Start::all_nodes(p.cols()),
                            Start::random_nodes(p.cols(), Seed(seed))};
    for (const Start& start : starts) {
      check_ascent(scan.ascend(start),
                   reference::ascend(p, alphas_of(p, grid), statistic, start.axis, start.selected));
    }
  }
}

TEST_CASE("an ascent never falls and never exceeds the best of all subsets") {
  const auto statistic = GENERATE(from_range(scan_statistics()));
  const std::string text = GENERATE("exact", "linear:50");
  const AlphaGrid grid = AlphaGrid::parse(text);
  int reached = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto p = random_p_values({5, 6, seed % 2 == 0 ? 12U : 997U, 2, 3}, Seed(seed));
    const double optimum = reference::global_optimum(p, alphas_of(p, grid), statistic);
    const SubsetScan scan(PValueMatrix(p, grid), statistic);
    double best = 0;
    for (const Start& start : make_starts(StartScheme::kAuthors, 12, 5, 6, Seed(seed))) {
      const Ascent ascent = scan.ascend(start);
      CHECK(never_falls(ascent.trace));
      CHECK(ascent.score <= optimum + 1e-9);
      best = std::max(best, ascent.score);
    }
    reached += best >= optimum - 1e-9 ? 1 : 0;
  }
  CHECK(reached >= 6);  // a dozen restarts find the optimum of so small a matrix nearly always
}

TEST_CASE("permuting inputs and nodes permutes the answer") {
  const auto p = random_p_values({30, 50, 9001, 6, 12}, Seed(1));
  RandomStream random(Seed(2));
  const auto input_at = random.permutation(30);
  const auto node_at = random.permutation(50);
  Matrix<double> permuted(30, 50);
  for (std::size_t i = 0; i < 30; ++i) {
    for (std::size_t j = 0; j < 50; ++j) permuted(i, j) = p(input_at[i], node_at[j]);
  }
  const auto moved_back = [](const std::vector<std::uint32_t>& records, const auto& place) {
    std::vector<std::uint32_t> result;
    for (std::uint32_t r : records) result.push_back(static_cast<std::uint32_t>(place[r]));
    std::sort(result.begin(), result.end());
    return result;
  };
  for (ScanStatistic statistic : scan_statistics()) {
    for (const char* grid : {"exact", "linear:50"}) {
      const auto ascend = [&](const Matrix<double>& matrix) {
        return SubsetScan(PValueMatrix(matrix, AlphaGrid::parse(grid)), statistic)
            .ascend(Start::all_nodes(50));
      };
      const Ascent plain = ascend(p);
      const Ascent other_order = ascend(permuted);
      REQUIRE(plain.score > 0);
      CHECK(other_order.score == plain.score);
      CHECK(other_order.alpha == plain.alpha);
      CHECK(moved_back(other_order.inputs, input_at) == plain.inputs);
      CHECK(moved_back(other_order.nodes, node_at) == plain.nodes);
    }
  }
}

TEST_CASE("a planted block is found") {
  const auto p = random_p_values({60, 200, 9001, 10, 40}, Seed(3));
  const ScanResult found =
      scan(p, options_of(ScanStatistic::kBerkJones, AlphaGrid(0.5, 50)), Seed(4));
  std::size_t planted = 0;
  for (std::uint32_t input : found.inputs) planted += input < 10 ? 1U : 0U;
  CHECK(planted == 10);
  CHECK(found.inputs.size() <= 20);
}

TEST_CASE("the exact grid scores at least as high as a linear one for the same fixed nodes") {
  const auto p = random_p_values({40, 60, 997, 5, 10}, Seed(5));
  const auto score = [&](const AlphaGrid& grid, Axis axis, const reference::Records& fixed) {
    return SubsetScan(PValueMatrix(p, grid), ScanStatistic::kBerkJones).optimise(axis, fixed).score;
  };
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto nodes = Start::random_nodes(60, Seed(seed)).selected;
    CHECK(score(AlphaGrid(), Axis::kInputs, nodes) >=
          score(AlphaGrid(0.5, 50), Axis::kInputs, nodes));
  }
}

TEST_CASE("the result is the best ascent, and of equal ones the earliest") {
  const auto p = random_p_values({30, 40}, Seed(6));
  const SubsetScan scan(PValueMatrix(p, AlphaGrid()), ScanStatistic::kBerkJones);
  std::vector<Start> starts = make_starts(StartScheme::kPaper, 6, 30, 40, Seed(7));
  for (std::size_t i = 0; i < 6; ++i) starts.push_back(starts[i]);
  const ScanResult result = scan.scan(starts);
  REQUIRE(result.restart_scores.size() == 12);
  const auto best = std::max_element(result.restart_scores.begin(), result.restart_scores.end());
  CHECK(result.best_restart == static_cast<std::size_t>(best - result.restart_scores.begin()));
  CHECK(result.best_restart < 6);
  CHECK(result.score == *best);
  std::size_t half_steps = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Ascent ascent = scan.ascend(starts[i]);
    CHECK(ascent.score == result.restart_scores[i]);
    half_steps += ascent.trace.size();
    if (i == result.best_restart) CHECK(ascent.nodes == result.nodes);
  }
  CHECK(result.half_steps == half_steps);
  CHECK(result.starts.size() == starts.size());
}

TEST_CASE("a scan depends on its p-values, options and seed alone") {
  const auto p = random_p_values({20, 300}, Seed(8));
  const ScanOptions options = options_of(ScanStatistic::kBerkJones, AlphaGrid(0.5, 50));
  const ScanResult once = scan(p, options, Seed(9));
  const ScanResult again = scan(p, options, Seed(9));
  const ScanResult other_seed = scan(p, options, Seed(10));
  CHECK(once.restart_scores == again.restart_scores);
  CHECK(once.nodes == again.nodes);
  CHECK(once.restart_scores != other_seed.restart_scores);
}

TEST_CASE("threads may share one scan") {
  const auto p = random_p_values({25, 200}, Seed(11));
  const SubsetScan scan(PValueMatrix(p, AlphaGrid()), ScanStatistic::kBerkJones);
  const auto starts = make_starts(StartScheme::kPaper, 4, 25, 200, Seed(12));
  std::vector<Ascent> found(starts.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    threads.emplace_back([&, i] { found[i] = scan.ascend(starts[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < starts.size(); ++i) {
    CHECK(found[i].score == scan.ascend(starts[i]).score);
    CHECK(found[i].nodes == scan.ascend(starts[i]).nodes);
  }
}

TEST_CASE("p-values above every alpha give the empty subset") {
  for (double p_value : {0.51, 1.0}) {
    for (const char* grid : {"exact", "linear:50"}) {
      for (const char* scheme : {"paper", "authors", "all-nodes", "all-inputs"}) {
        ScanOptions options = options_of(ScanStatistic::kBerkJones, AlphaGrid::parse(grid));
        options.start = parse_start_scheme(scheme);
        const ScanResult found = scan(Matrix<double>(4, 5, p_value), options, Seed(1));
        CHECK(found.score == 0);
        CHECK_FALSE(found.alpha);
        CHECK(found.inputs.empty());
        CHECK(found.nodes.empty());
        CHECK(found.n_alpha == 0);
        CHECK(found.trace.size() == 2);
      }
    }
  }
}

TEST_CASE("an ascent recovers from a start in which nothing is unusual") {
  // Node 0 has no small p-value: its half step keeps all inputs, the next one finds node 1.
  Matrix<double> p(3, 3, 0.9);
  p(1, 1) = 0.01;
  p(2, 1) = 0.01;
  const SubsetScan scan(PValueMatrix(p, AlphaGrid()), ScanStatistic::kBerkJones);
  const Ascent ascent = scan.ascend({Axis::kNodes, {0}});
  CHECK(ascent.inputs == reference::Records{1, 2});
  CHECK(ascent.nodes == reference::Records{1});
  CHECK(ascent.score == Approx(2 * std::log(100)));
  REQUIRE(ascent.trace.size() == 4);
  CHECK(ascent.trace[0].score == 0);
  CHECK_FALSE(ascent.trace[0].alpha);
}

TEST_CASE("rows longer than 65535 are counted in full") {
  const std::size_t nodes = 70001;
  const Matrix<double> p(2, nodes, 0.25);
  for (const char* grid : {"exact", "linear:50"}) {
    const SubsetScan scan(PValueMatrix(p, AlphaGrid::parse(grid)), ScanStatistic::kBerkJones);
    const Ascent ascent = scan.ascend(Start::all_nodes(nodes));
    CHECK(ascent.n_alpha == 2 * nodes);
    CHECK(ascent.nodes.size() == nodes);
    CHECK(ascent.score == Approx(2.0 * nodes * std::log(4.0)).epsilon(1e-12));
  }
}

TEST_CASE("a start that is empty, unsorted or beyond the matrix is an error") {
  const SubsetScan scan(PValueMatrix(Matrix<double>(3, 4, 0.1), AlphaGrid()),
                        ScanStatistic::kBerkJones);
  using Records = std::vector<std::uint32_t>;
  for (const Records& selected : {Records{}, Records{1, 1}, Records{2, 1}, Records{0, 4}}) {
    const std::string text = error_text([&] { scan.ascend({Axis::kNodes, selected}); });
    CHECK(text.find("nodes below 4") != std::string::npos);
    CHECK_THROWS_AS(scan.optimise(Axis::kInputs, selected), Error);
  }
  CHECK_THROWS_AS(scan.ascend({Axis::kInputs, {3}}), Error);
  CHECK_NOTHROW(scan.ascend({Axis::kNodes, {3}}));
}

TEST_CASE("a scan of groups finds the best of all subsets of whole groups") {
  const auto statistic = GENERATE(from_range(scan_statistics()));
  const std::string grid = GENERATE("exact", "linear:10");
  constexpr std::size_t kGroup = 3, kGroups = 5, kInputs = 7;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto p = random_p_values({kInputs, kGroup * kGroups, 9001, 3, 6}, Seed(seed));
    const PValueMatrix matrix(p, AlphaGrid::parse(grid));
    const SubsetScan scan(matrix, statistic, kGroup);
    // By definition: every non-empty subset of groups, at every alpha.
    const std::vector<std::uint32_t> inputs = {0, 2, 5};
    double best = 0;
    for (unsigned subset = 1; subset < (1U << kGroups); ++subset) {
      for (double alpha : matrix.alphas()) {
        std::uint64_t n_alpha = 0, n = 0;
        for (std::uint32_t i : inputs) {
          for (std::size_t j = 0; j < p.cols(); ++j) {
            if (((subset >> (j / kGroup)) & 1U) == 0) continue;
            n_alpha += p(i, j) <= alpha ? 1U : 0U;
            ++n;
          }
        }
        best = std::max(best, reference::score(statistic, static_cast<double>(n_alpha),
                                               static_cast<double>(n), alpha));
      }
    }
    const SideOptimum found = scan.optimise(Axis::kNodes, inputs);
    CHECK(found.score == Approx(best).epsilon(1e-9));
    CHECK((found.records.empty() || found.records.back() < kGroups));
  }
}

TEST_CASE("an ascent over groups returns whole groups and the score they have") {
  const auto p = random_p_values({40, 60, 9001, 6, 12}, Seed(3));
  const PValueMatrix matrix(p, AlphaGrid());
  ScanOptions options;
  options.group = 4;
  const ScanResult found = scan(matrix, options, Seed(1));
  REQUIRE(found.nodes.size() % 4 == 0);
  REQUIRE_FALSE(found.nodes.empty());
  for (std::size_t k = 0; k < found.nodes.size(); ++k) {
    CHECK(found.nodes[k] % 4 == k % 4);
    CHECK(found.nodes[k] / 4 == found.nodes[k - k % 4] / 4);
  }
  std::uint64_t n_alpha = 0;
  for (std::uint32_t i : found.inputs) {
    for (std::uint32_t j : found.nodes) n_alpha += p(i, j) <= *found.alpha ? 1U : 0U;
  }
  CHECK(n_alpha == found.n_alpha);
  CHECK(found.score == scan_score(options.statistic, n_alpha,
                                  found.inputs.size() * found.nodes.size(), *found.alpha));
}

TEST_CASE("groups of copies of one node score as many times as much") {
  // Copying every node keeps every share of p-values, so a score grows as their number.
  const auto p = random_p_values({30, 20, 9001, 5, 5}, Seed(8));
  Matrix<double> copied(30, 80);
  for (std::size_t i = 0; i < 30; ++i) {
    for (std::size_t j = 0; j < 80; ++j) copied(i, j) = p(i, j / 4);
  }
  const SubsetScan single(PValueMatrix(p, AlphaGrid()), ScanStatistic::kBerkJones);
  const SubsetScan grouped(PValueMatrix(copied, AlphaGrid()), ScanStatistic::kBerkJones, 4);
  const Ascent one = single.ascend(Start::all_nodes(20)), four = grouped.ascend(Start::all_nodes(20));
  CHECK(four.score == Approx(4 * one.score).epsilon(1e-12));
  CHECK(four.inputs == one.inputs);
  CHECK(four.nodes.size() == 4 * one.nodes.size());
}

TEST_CASE("a group must divide the nodes") {
  const PValueMatrix matrix(Matrix<double>(2, 6, 0.5), AlphaGrid());
  CHECK_THAT(error_text([&] { SubsetScan(matrix, ScanStatistic::kBerkJones, 4); }),
             Catch::Contains("divides the 6 nodes"));
}
