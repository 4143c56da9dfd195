// What scans and p-values cost. Each benchmark first compares its result with the plain reference
// that the tests are checked against, and reports how many times faster it is than that reference in
// the same process: `ratio`. Times are of one thread but where `threads` says otherwise.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "framework/core/parallel_blocks.h"
#include "framework/scan/individual_scan.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/framework/scan/reference_scan.h"

namespace deepmine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kDenominator = 9001;
constexpr auto kStatistic = ScanStatistic::kBerkJones;

template <typename Work>
double seconds(Work work) {
  const auto started = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - started).count();
}

void require(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "scan_bench: %s differs from the reference\n", what);
  std::exit(1);
}

bool near(double found, double expected) {
  return std::abs(found - expected) <= 1e-9 * std::max(1.0, std::abs(expected));
}

/// A test set as deep-mining has them, with a block of 10 % of inputs and nodes planted, or none.
struct Case {
  std::size_t inputs, nodes;
  bool planted, exact;

  Matrix<std::uint32_t> numerators() const {
    PValueRecipe recipe{inputs, nodes};
    if (planted) {
      recipe.planted_rows = inputs / 10;
      recipe.planted_cols = nodes / 10;
    }
    return random_numerators(recipe, Seed(11));
  }
  ScanOptions options() const {
    ScanOptions options;
    options.alphas = exact ? AlphaGrid() : AlphaGrid(0.5, 50);
    return options;
  }
};

Case case_of(const benchmark::State& state) {
  return {static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)),
          state.range(2) != 0, state.range(3) != 0};
}

/// Compares one ascent, from all nodes, with the reference's; returns how many times longer the
/// reference takes for it. All alphas of an exact grid are too many for it but on a small matrix.
double ratio_to_reference(Case of) {
  if (of.exact) {
    of.inputs = std::min<std::size_t>(of.inputs, 60);
    of.nodes = std::min<std::size_t>(of.nodes, 256);
  }
  const auto numerators = of.numerators();
  const Matrix<double> p = divided(numerators, kDenominator);
  const auto alphas = of.exact ? reference::exact_alphas(p, 0.5) : reference::linear_alphas(50, 0.5);
  reference::Ascent expected;
  const double slow = seconds([&] {
    expected = reference::ascend(p, alphas, kStatistic, Axis::kNodes,
                                 reference::everything(of.nodes));
  });
  const PValueMatrix matrix(numerators, kDenominator, of.options().alphas);
  const SubsetScan scan(matrix, kStatistic);
  Ascent found;
  const double fast = seconds([&] { found = scan.ascend(Start::all_nodes(of.nodes)); });
  require(near(found.score, expected.score) && found.inputs == expected.inputs &&
              found.nodes == expected.nodes,
          "a scan");
  return slow / fast;
}

std::vector<Start> starts_of(const Case& of) {
  return make_starts(StartScheme::kPaper, 5, of.inputs, of.nodes, Seed(1));
}

/// Five ascents, the bins ready: what a parameter study repeats.
void scan_bins_ready(benchmark::State& state) {
  const Case of = case_of(state);
  state.counters["ratio"] = ratio_to_reference(of);
  const SubsetScan scan(PValueMatrix(of.numerators(), kDenominator, of.options().alphas), kStatistic);
  const auto starts = starts_of(of);
  for (auto _ : state) benchmark::DoNotOptimize(scan.scan(starts).score);
}

/// The same from a matrix of levels, as test sets are gathered: binning included.
void scan_from_levels(benchmark::State& state) {
  const Case of = case_of(state);
  state.counters["ratio"] = ratio_to_reference(of);
  const PValueMatrix matrix(of.numerators(), kDenominator, of.options().alphas);
  const auto starts = starts_of(of);
  for (auto _ : state) benchmark::DoNotOptimize(SubsetScan(matrix, kStatistic).scan(starts).score);
}

/// The same from p-values.
void scan_from_p_values(benchmark::State& state) {
  const Case of = case_of(state);
  state.counters["ratio"] = ratio_to_reference(of);
  const Matrix<double> p = divided(of.numerators(), kDenominator);
  for (auto _ : state) benchmark::DoNotOptimize(scan(p, of.options(), Seed(1)).score);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"inputs", "nodes", "planted", "exact"})->Unit(benchmark::kMillisecond);
  for (const int exact : {0, 1}) {
    for (const int planted : {1, 0}) {
      for (const int inputs : {100, 500, 2000}) bench->Args({inputs, 4096, planted, exact});
      for (const int nodes : {1024, 16384}) bench->Args({500, nodes, planted, exact});
    }
  }
}
BENCHMARK(scan_bins_ready)->Apply(sizes);

void paper_size(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"inputs", "nodes", "planted", "exact"})->Unit(benchmark::kMillisecond);
  for (const int exact : {0, 1}) {
    for (const int planted : {1, 0}) bench->Args({500, 4096, planted, exact});
  }
}
BENCHMARK(scan_from_levels)->Apply(paper_size);
BENCHMARK(scan_from_p_values)->Apply(paper_size);

/// Test sets drawn from a pool of four times their size and scanned, as deep-mining does; items per
/// second are test sets.
void scan_test_sets(benchmark::State& state) {
  const auto threads = static_cast<std::size_t>(state.range(4));
  const Case of = case_of(state);
  state.counters["ratio"] = ratio_to_reference(of);
  Case pool_case = of;
  pool_case.inputs *= 4;
  const ScanPool pool(PValueMatrix(pool_case.numerators(), kDenominator, of.options().alphas),
                      of.options());
  constexpr std::size_t kSets = 16;
  std::vector<double> scores(kSets);
  for (auto _ : state) {
    parallel_blocks(kSets, 1, threads, [&](std::size_t set, std::size_t) {
      RandomStream random{Seed(set)};
      scores[set] = pool.scan(random.sample(of.inputs, pool_case.inputs), Seed(set)).score;
    });
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kSets));
}

void sizes_and_threads(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"inputs", "nodes", "planted", "exact", "threads"});
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const int exact : {0, 1}) {
    for (const int planted : {1, 0}) {
      for (const int threads : {1, 2}) bench->Args({500, 4096, planted, exact, threads});
    }
  }
  for (const int threads : {1, 2}) {
    bench->Args({100, 4096, 1, 0, threads});
    bench->Args({2000, 4096, 1, 0, threads});
    bench->Args({500, 16384, 1, 0, threads});
  }
}
BENCHMARK(scan_test_sets)->Apply(sizes_and_threads);

/// 100 inputs of 4096 nodes, each alone; items per second are inputs.
void scan_alone(benchmark::State& state) {
  const Case of{100, 4096, false, state.range(0) != 0};
  const auto numerators = of.numerators();
  const PValueMatrix matrix(numerators, kDenominator, of.options().alphas);
  const auto found = individual_scan(matrix, kStatistic);
  const double slow = seconds([&] {
    for (std::size_t i = 0; i < of.inputs; ++i) {
      double best = 0;
      std::vector<std::size_t> at_level(matrix.alphas().size() + 1);
      for (std::size_t j = 0; j < of.nodes; ++j) ++at_level[matrix.level(i, j)];
      double nodes = 0;
      for (std::size_t level = 0; level < matrix.alphas().size(); ++level) {
        nodes += static_cast<double>(at_level[level]);
        best = std::max(best, nodes * std::log(1 / matrix.alphas()[level]));
      }
      require(near(found[i].score, best), "an individual scan");
    }
  });
  state.counters["ratio"] =
      slow / seconds([&] { benchmark::DoNotOptimize(individual_scan(matrix, kStatistic)); });
  for (auto _ : state) benchmark::DoNotOptimize(individual_scan(matrix, kStatistic));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * of.inputs));
}
BENCHMARK(scan_alone)->ArgName("exact")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

/// 9000 background and 500 evaluation inputs of 4096 nodes, made once.
struct Layer {
  Matrix<float> background = random_activations<float>(9000, 4096, Seed(1));
  Matrix<float> evaluation = random_activations<float>(500, 4096, Seed(2));
  SortedBackground<float> sorted{background, 2};

  static const Layer& instance() {
    static const Layer layer;
    return layer;
  }
};

void sort_background(benchmark::State& state) {
  const Layer& layer = Layer::instance();
  const auto threads = static_cast<std::size_t>(state.range(0));
  const double slow = seconds([&] {
    std::vector<float> node(layer.background.rows());
    for (std::size_t j = 0; j < layer.background.cols(); ++j) {
      for (std::size_t i = 0; i < node.size(); ++i) node[i] = layer.background(i, j);
      std::sort(node.begin(), node.end());
      require(std::equal(node.begin(), node.end(), layer.sorted.node(j)), "a sorted node");
    }
  });
  state.counters["ratio"] =
      slow / seconds([&] { SortedBackground<float>(layer.background, threads); });
  for (auto _ : state) SortedBackground<float>(layer.background, threads);
}
BENCHMARK(sort_background)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(
    benchmark::kMillisecond);

void rank_evaluation(benchmark::State& state) {
  const Layer& layer = Layer::instance();
  const auto found = layer.sorted.numerators(layer.evaluation);
  const double slow = seconds([&] {
    for (std::size_t i = 0; i < layer.evaluation.rows(); ++i) {
      for (std::size_t j = 0; j < layer.evaluation.cols(); ++j) {
        const float* node = layer.sorted.node(j);
        const auto below = std::lower_bound(node, node + 9000, layer.evaluation(i, j)) - node;
        require(found(i, j) == 9001 - below, "a p-value");
      }
    }
  });
  state.counters["ratio"] =
      slow / seconds([&] { benchmark::DoNotOptimize(layer.sorted.numerators(layer.evaluation)); });
  for (auto _ : state) benchmark::DoNotOptimize(layer.sorted.numerators(layer.evaluation));
}
BENCHMARK(rank_evaluation)->Unit(benchmark::kMillisecond);

void levels_of_evaluation(benchmark::State& state) {
  const Layer& layer = Layer::instance();
  const AlphaGrid grid(0.5, 50);
  const CriticalValues<float> critical(layer.sorted, grid);
  PValueMatrix expected = critical.levels(layer.evaluation);
  const double slow = seconds([&] {
    expected = PValueMatrix(layer.sorted.numerators(layer.evaluation), kDenominator, grid);
  });
  const PValueMatrix found = critical.levels(layer.evaluation);
  require(std::get<0>(found.levels()).size() == std::get<0>(expected.levels()).size() &&
              std::equal(std::get<0>(found.levels()).data(),
                         std::get<0>(found.levels()).data() + 500 * 4096,
                         std::get<0>(expected.levels()).data()),
          "a level");
  state.counters["ratio"] =
      slow / seconds([&] { benchmark::DoNotOptimize(critical.levels(layer.evaluation)); });
  for (auto _ : state) benchmark::DoNotOptimize(critical.levels(layer.evaluation));
}
BENCHMARK(levels_of_evaluation)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace deepmine

BENCHMARK_MAIN();
