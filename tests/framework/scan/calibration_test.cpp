#include <catch2/catch.hpp>
#include <cmath>

#include "framework/learn/roc.h"
#include "framework/scan/individual_scan.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/random_matrix.h"

using namespace deepmine;

TEST_CASE("p-values of inputs like the background are uniform") {
  const std::size_t m = 99;
  const std::size_t draws = 500;
  // A fresh background each time: p-values against one background share its accidents.
  std::vector<int> of_tenth(10, 0);
  for (std::uint64_t i = 0; i < draws; ++i) {
    const auto background = random_activations<float>(m, 20, Seed(1).child(i));
    const auto evaluation = random_activations<float>(1, 20, Seed(2).child(i));
    const auto numerators = SortedBackground<float>(background).numerators(evaluation);
    for (std::size_t j = 0; j < 20; ++j) ++of_tenth[(numerators(0, j) - 1) / 10];
  }
  double chi_square = 0;
  for (int count : of_tenth) chi_square += std::pow(count - 1000.0, 2) / 1000;
  CHECK(chi_square < 27.9);  // 9 degrees of freedom: exceeded once in 1000 draws
  CHECK(chi_square > 1.15);  // as is falling below this
}

TEST_CASE("under the null the detection power of group scans is one half") {
  const SortedBackground<float> background(random_activations<float>(300, 60, Seed(3)));
  const auto score = [&](std::uint64_t i) {
    const auto evaluation = random_activations<float>(20, 60, Seed(4).child(i));
    ScanOptions options;
    options.alphas = AlphaGrid(0.5, 50);
    options.restarts = 2;
    const PValueMatrix p(background.numerators(evaluation), background.denominator(),
                         options.alphas);
    return scan(p, options, Seed(5).child(i)).score;
  };
  std::vector<double> first, second;
  for (std::uint64_t i = 0; i < 100; ++i) {
    first.push_back(score(2 * i));
    second.push_back(score(2 * i + 1));
  }
  CHECK(std::abs(auroc(first, second) - 0.5) < 0.13);  // sd 0.041
}

TEST_CASE("under the null the detection power of individual scans is one half") {
  const SortedBackground<float> background(random_activations<float>(300, 60, Seed(6)));
  const auto scores = [&](Seed seed) {
    const auto evaluation = random_activations<float>(500, 60, seed);
    const PValueMatrix p(background.numerators(evaluation), background.denominator(), AlphaGrid());
    std::vector<double> result;
    for (const auto& found : individual_scan(p, ScanStatistic::kBerkJones)) {
      result.push_back(found.score);
    }
    return result;
  };
  CHECK(std::abs(auroc(scores(Seed(7)), scores(Seed(8))) - 0.5) < 0.06);  // sd 0.018
}

TEST_CASE("larger activations are detected and smaller ones are not") {
  const SortedBackground<float> background(random_activations<float>(300, 60, Seed(9)));
  const auto scores = [&](Seed seed, float shift) {
    auto evaluation = random_activations<float>(100, 60, seed);
    for (std::size_t i = 0; i < evaluation.size(); ++i) evaluation.data()[i] += shift;
    const PValueMatrix p(background.numerators(evaluation), background.denominator(), AlphaGrid());
    std::vector<double> result;
    for (const auto& found : individual_scan(p, ScanStatistic::kBerkJones)) {
      result.push_back(found.score);
    }
    return result;
  };
  const auto clean = scores(Seed(10), 0);
  CHECK(auroc(scores(Seed(11), 0.2F), clean) > 0.9);
  CHECK(auroc(scores(Seed(12), -0.2F), clean) < 0.1);  // one-tailed
}
