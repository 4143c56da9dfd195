// What a scan costs, beside the plain reference that the tests are checked against. Each benchmark
// compares its result with the reference's before anything is timed.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "framework/scan/individual_scan.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/framework/scan/reference_scan.h"

namespace deepmine {
namespace {

/// Test sets as deep-mining has them, with a block of 10 % of inputs and nodes planted or none.
Matrix<std::uint32_t> test_set(std::size_t inputs, std::size_t nodes, bool planted) {
  PValueRecipe recipe{inputs, nodes};
  if (planted) {
    recipe.planted_rows = inputs / 10;
    recipe.planted_cols = nodes / 10;
  }
  return random_numerators(recipe, Seed(11));
}

constexpr std::uint32_t kDenominator = 9001;

ScanOptions options_of(bool exact) {
  ScanOptions options;
  options.alphas = exact ? AlphaGrid() : AlphaGrid(0.5, 50);
  return options;
}

/// Compares with the reference on a matrix of the same kind that it can still manage.
void require_reference_result(bool exact, bool planted) {
  const auto numerators = test_set(60, 80, planted);
  const Matrix<double> p = divided(numerators, kDenominator);
  const auto alphas = exact ? reference::exact_alphas(p, 0.5) : reference::linear_alphas(50, 0.5);
  const auto expected = reference::ascend(p, alphas, ScanStatistic::kBerkJones, Axis::kNodes,
                                          reference::everything(80));
  const PValueMatrix matrix(numerators, kDenominator, options_of(exact).alphas);
  const Ascent found =
      SubsetScan(matrix, ScanStatistic::kBerkJones).ascend(Start::all_nodes(80));
  if (std::abs(found.score - expected.score) < 1e-9 * expected.score) return;
  std::fprintf(stderr, "scan_bench: expected score %.12g, found %.12g\n", expected.score,
               found.score);
  std::exit(1);
}

void scan_group(benchmark::State& state) {
  const bool planted = state.range(2) != 0, exact = state.range(3) != 0;
  require_reference_result(exact, planted);
  const auto numerators = test_set(static_cast<std::size_t>(state.range(0)),
                                   static_cast<std::size_t>(state.range(1)), planted);
  const ScanOptions options = options_of(exact);
  const PValueMatrix matrix(numerators, kDenominator, options.alphas);
  for (auto _ : state) benchmark::DoNotOptimize(scan(matrix, options, Seed(1)).score);
}
BENCHMARK(scan_group)
    ->ArgNames({"inputs", "nodes", "planted", "exact"})
    ->Args({100, 4096, 1, 0})
    ->Args({500, 4096, 1, 0})
    ->Args({500, 4096, 0, 0})
    ->Args({500, 4096, 1, 1})
    ->Args({500, 16384, 1, 0})
    ->Args({2000, 4096, 1, 0})
    ->Unit(benchmark::kMillisecond);

/// One ascent of the reference, for the ratio.
void scan_group_reference(benchmark::State& state) {
  const auto numerators = test_set(static_cast<std::size_t>(state.range(0)),
                                   static_cast<std::size_t>(state.range(1)), true);
  const Matrix<double> p = divided(numerators, kDenominator);
  const auto alphas = reference::linear_alphas(50, 0.5);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        reference::ascend(p, alphas, ScanStatistic::kBerkJones, Axis::kNodes,
                          reference::everything(p.cols())).score);
  }
}
BENCHMARK(scan_group_reference)
    ->ArgNames({"inputs", "nodes"})
    ->Args({500, 4096})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void scan_alone(benchmark::State& state) {
  const bool exact = state.range(0) != 0;
  const PValueMatrix matrix(test_set(100, 4096, false), kDenominator, options_of(exact).alphas);
  for (auto _ : state) {
    benchmark::DoNotOptimize(individual_scan(matrix, ScanStatistic::kBerkJones));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 100);
}
BENCHMARK(scan_alone)->ArgName("exact")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace deepmine

BENCHMARK_MAIN();
