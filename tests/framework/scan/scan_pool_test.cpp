#include <algorithm>
#include <catch2/catch.hpp>

#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/instruction_sets.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

ScanOptions options_of(ScanStatistic statistic, const AlphaGrid& grid, std::size_t restarts = 5) {
  ScanOptions options;
  options.statistic = statistic;
  options.alphas = grid;
  options.restarts = restarts;
  return options;
}

}  // namespace

TEST_CASE("scanning gathered inputs equals scanning their p-values") {
  const auto numerators = random_numerators({40, 70, 2001, 8, 20}, Seed(13));
  const std::vector<std::size_t> inputs = {3, 9, 27, 1, 39, 20, 8, 5};
  Matrix<std::uint32_t> chosen(inputs.size(), 70);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::copy_n(numerators.row(inputs[i]), 70, chosen.row(i));
  }
  for (const char* text : {"exact", "linear:50", "linear:300"}) {
    const ScanOptions options = options_of(ScanStatistic::kBerkJones, AlphaGrid::parse(text));
    const ScanPool pool(PValueMatrix(numerators, 2001, options.alphas), options);
    const ScanResult gathered = pool.scan(inputs, Seed(14));
    const ScanResult fresh = scan(divided(chosen, 2001), options, Seed(14));
    CHECK(gathered.score == fresh.score);
    CHECK(gathered.alpha == fresh.alpha);
    CHECK(gathered.inputs == fresh.inputs);
    CHECK(gathered.nodes == fresh.nodes);
  }
}

TEST_CASE("a pool refuses test sets that it cannot draw") {
  const auto numerators = random_numerators({6, 8, 101}, Seed(1));
  for (const char* text : {"exact", "linear:50"}) {
    ScanOptions options = options_of(ScanStatistic::kBerkJones, AlphaGrid::parse(text));
    const PValueMatrix p_values(numerators, 101, options.alphas);
    const ScanPool pool(p_values, options);
    CHECK_THROWS_AS(pool.scan({}, Seed(1)), Error);
    CHECK(error_text([&] { pool.scan({2, 6}, Seed(1)); }).find("below 6, found 6") != std::string::npos);
    options.group = 3;
    CHECK_THROWS_AS(ScanPool(p_values, options), Error);
  }
}

TEST_CASE("a scan is the same by any instruction set, step by step") {
  const auto numerators = random_numerators({150, 4200, 9001, 12, 300}, Seed(21));
  for (const char* text : {"exact", "linear:50"}) {
    const ScanOptions options = options_of(ScanStatistic::kBerkJones, AlphaGrid::parse(text), 2);
    const PValueMatrix p_values(numerators, 9001, options.alphas);
    const ScanResult expected = scan(p_values, options, Seed(5));
    for_each_instruction_set([&] {
      const ScanResult found = scan(p_values, options, Seed(5));
      CHECK(found.restart_scores == expected.restart_scores);
      CHECK(found.half_steps == expected.half_steps);
      CHECK(found.inputs == expected.inputs);
      CHECK(found.nodes == expected.nodes);
      CHECK(found.n_alpha == expected.n_alpha);
    });
  }
}

TEST_CASE("ascents that meet are what they would be alone") {
  const auto numerators = random_numerators({60, 200, 9001, 10, 60}, Seed(22));
  const PValueMatrix p_values(numerators, 9001, AlphaGrid(0.5, 50));
  const SubsetScan scan(p_values, ScanStatistic::kBerkJones);
  auto starts = make_starts(StartScheme::kPaper, 6, 60, 200, Seed(3));
  starts.push_back(starts.front());
  const ScanResult together = scan.scan(starts);
  std::size_t half_steps = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Ascent alone = scan.ascend(starts[i]);
    CHECK(alone.score == together.restart_scores[i]);
    half_steps += alone.trace.size();
  }
  CHECK(together.half_steps == half_steps);
}
