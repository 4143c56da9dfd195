#include "framework/scan/class_conditions.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "tests/framework/scan/random_matrix.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

Matrix<float> coarse(std::size_t rows, std::size_t cols, Seed seed) {
  auto matrix = random_activations<float>(rows, cols, seed);
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    matrix.data()[i] = std::floor(matrix.data()[i] * 8);  // many ties
  }
  return matrix;
}

}  // namespace

TEST_CASE("a p-value of both tails is twice the smaller tail, at most 1") {
  const auto background = coarse(40, 6, Seed(1)), evaluation = coarse(25, 6, Seed(2));
  const SortedBackground<float> sorted(background);
  const auto found = sorted.tail_numerators(evaluation, PValueTails::kBoth);
  for (std::size_t i = 0; i < evaluation.rows(); ++i) {
    for (std::size_t j = 0; j < evaluation.cols(); ++j) {
      std::uint32_t large = 1, small = 1;
      for (std::size_t z = 0; z < background.rows(); ++z) {
        large += background(z, j) >= evaluation(i, j) ? 1U : 0U;
        small += background(z, j) <= evaluation(i, j) ? 1U : 0U;
      }
      CHECK(found(i, j) == std::min(41U, 2 * std::min(large, small)));
    }
  }
}

TEST_CASE("turning all activations around changes no p-value of both tails") {
  const auto turned = [](Matrix<float> matrix) {
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix.data()[i] = -matrix.data()[i];
    return matrix;
  };
  const auto background = coarse(40, 6, Seed(1)), evaluation = coarse(25, 6, Seed(2));
  const auto found =
      SortedBackground<float>(background).tail_numerators(evaluation, PValueTails::kBoth);
  const auto of_turned = SortedBackground<float>(turned(background))
                             .tail_numerators(turned(evaluation), PValueTails::kBoth);
  CHECK(std::equal(found.data(), found.data() + found.size(), of_turned.data()));
}

TEST_CASE("a tie with the whole background is unusual by neither tail") {
  const SortedBackground<float> sorted(Matrix<float>(50, 1, 0.0F));
  CHECK(sorted.tail_numerators(Matrix<float>(1, 1, 0.0F), PValueTails::kBoth)(0, 0) == 51);
  CHECK(sorted.tail_numerators(Matrix<float>(1, 1, 1.0F), PValueTails::kBoth)(0, 0) == 2);
  CHECK(sorted.tail_numerators(Matrix<float>(1, 1, -1.0F), PValueTails::kBoth)(0, 0) == 2);
}

TEST_CASE("conditional p-values count the background of the same class only") {
  const auto background = coarse(60, 5, Seed(1)), evaluation = coarse(20, 5, Seed(2));
  Classes of_background, of_evaluation;
  for (std::int64_t i = 0; i < 60; ++i) of_background.push_back(i % 3 == 0 ? 7 : i % 2);
  for (std::int64_t i = 0; i < 20; ++i) of_evaluation.push_back(i % 4 == 0 ? 7 : i % 2);
  const auto found =
      ClassBackgrounds<float>(background, of_background).p_values(evaluation, of_evaluation);
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      double count = 1, all = 1;
      for (std::size_t z = 0; z < 60; ++z) {
        if (of_background[z] != of_evaluation[i]) continue;
        ++all;
        count += background(z, j) >= evaluation(i, j) ? 1 : 0;
      }
      CHECK(found(i, j) == count / all);
    }
  }
}

TEST_CASE("one class makes conditional p-values the plain ones") {
  const auto background = coarse(60, 5, Seed(1)), evaluation = coarse(20, 5, Seed(2));
  const auto found = ClassBackgrounds<float>(background, Classes(60, 4))
                         .p_values(evaluation, Classes(20, 4), PValueTails::kBoth);
  const SortedBackground<float> sorted(background);
  const auto expected = sorted.tail_numerators(evaluation, PValueTails::kBoth);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found.data()[i] == expected.data()[i] / 61.0);
  }
}

TEST_CASE("classes must fit the inputs and be known to the background") {
  const Matrix<float> four(4, 2), two(2, 2);
  CHECK_THAT(error_text([&] { ClassBackgrounds<float>(four, {1, 1}); }),
             Catch::Contains("one for each of 4 inputs, found 2"));
  const ClassBackgrounds<float> backgrounds(four, {1, 1, 1, 1});
  CHECK_THAT(error_text([&] { backgrounds.p_values(two, {1}); }),
             Catch::Contains("one for each of 2 inputs, found 1"));
  CHECK_THAT(error_text([&] { backgrounds.p_values(two, {1, 3}); }),
             Catch::Contains("inputs of class 3"));
}

TEST_CASE("a scan within classes returns the best class's own scan") {
  const auto p = random_p_values({60, 40, 9001, 9, 10}, Seed(3));
  const PValueMatrix matrix(p, AlphaGrid(0.5, 50));
  Classes classes;
  for (std::int64_t i = 0; i < 60; ++i) classes.push_back(i < 9 ? i % 2 : 2 + i % 3);
  ScanOptions options;
  options.alphas = AlphaGrid(0.5, 50);
  std::vector<std::size_t> all(60);
  std::iota(all.begin(), all.end(), std::size_t{0});
  const ScanPool pool(matrix, options);
  const ClassScan found = scan_within_classes(pool, all, classes, Seed(1));
  REQUIRE_FALSE(found.result.inputs.empty());
  for (std::uint32_t input : found.result.inputs) CHECK(classes[input] == found.label);
  double best = 0;
  for (std::int64_t label = 0; label < 5; ++label) {
    std::vector<std::size_t> inputs;
    for (std::size_t i = 0; i < 60; ++i) {
      if (classes[i] == label) inputs.push_back(i);
    }
    const Seed seed = Seed(1).child("class").child(static_cast<std::uint64_t>(label));
    best = std::max(best, scan(matrix.gather(inputs), options, seed).score);
  }
  CHECK(found.result.score == best);

  // The same inputs turned around among themselves are found at their new places.
  const std::vector<std::size_t> reversed(all.rbegin(), all.rend());
  const ClassScan turned = scan_within_classes(pool, reversed, classes, Seed(1));
  for (std::uint32_t place : turned.result.inputs) CHECK(classes[reversed[place]] == turned.label);
  CHECK_THROWS_AS(scan_within_classes(pool, all, Classes(59, 1), Seed(1)), Error);
}
