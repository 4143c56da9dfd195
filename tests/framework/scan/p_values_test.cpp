#include "framework/scan/p_values.h"

#include <hwy/targets.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <type_traits>

#include "framework/scan/rank_kernels.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

template <typename T>
Matrix<T> column(std::vector<T> values) {
  const std::size_t size = values.size();
  return {size, 1, std::move(values)};
}

PValueMatrix levels_of_doubles(const Matrix<float>& background, const Matrix<float>& evaluation,
                               const AlphaGrid& grid) {
  const auto widened = [](const Matrix<float>& from) {
    Matrix<double> to(from.rows(), from.cols());
    std::copy_n(from.data(), from.size(), to.data());
    return to;
  };
  const SortedBackground<double> sorted(widened(background));
  return CriticalValues<double>(sorted, grid).levels(widened(evaluation));
}

}  // namespace

TEST_CASE("a p-value counts the background activations that are at least as large") {
  const SortedBackground<float> background(column<float>({3, 1, 2, 2}));
  const auto numerators = background.numerators(column<float>({0, 1, 2, 2.5F, 3, 4}));
  const std::vector<std::uint32_t> expected = {5, 5, 4, 2, 2, 1};
  CHECK(background.denominator() == 5);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(numerators(i, 0) == expected[i]);
  CHECK(background.p_values(column<float>({2}))(0, 0) == 0.8);
}

TEST_CASE("the lower end of a p-value counts the larger background activations only") {
  const SortedBackground<float> background(column<float>({3, 1, 2, 2}));
  const auto numerators =
      background.numerators(column<float>({0, 1, 2, 2.5F, 3, 4}), PValueEnd::kLower);
  const std::vector<std::uint32_t> expected = {4, 3, 1, 1, 0, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(numerators(i, 0) == expected[i]);
}

TEST_CASE("an activation equal to the whole background has p-value 1") {
  const SortedBackground<float> background(Matrix<float>(50, 3, 0.0F));
  const auto p = background.p_values(Matrix<float>(4, 3, 0.0F));
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(p.data()[i] == 1.0);
}

TEST_CASE("minus zero equals zero") {
  const SortedBackground<float> background(column<float>({-0.0F, 0.0F, 1.0F}));
  CHECK(background.numerators(column<float>({0.0F}))(0, 0) == 4);
  CHECK(background.numerators(column<float>({-0.0F}))(0, 0) == 4);
}

TEST_CASE("double activations keep an order that float would lose") {
  const double above = 1 + 1e-12;
  const SortedBackground<double> background(column<double>({1.0}));
  CHECK(background.numerators(column<double>({above}))(0, 0) == 1);
  CHECK(background.numerators(column<double>({1.0}))(0, 0) == 2);
}

TEST_CASE("p-values equal the definition for any shape and number of threads") {
  const auto shape = GENERATE(table<std::size_t, std::size_t, std::size_t>(
      {{1, 1, 1}, {2, 3, 5}, {37, 11, 17}, {100, 20, 33}}));
  const auto [m, n, nodes] = shape;
  // A coarse grid of values makes many ties.
  auto background = random_activations<float>(m, nodes, Seed(1));
  auto evaluation = random_activations<float>(n, nodes, Seed(2));
  for (auto* matrix : {&background, &evaluation}) {
    for (std::size_t i = 0; i < matrix->size(); ++i) {
      matrix->data()[i] = std::floor(matrix->data()[i] * 8);
    }
  }
  for (std::size_t threads : {1U, 3U}) {
    const auto numerators = SortedBackground<float>(background, threads)
                                .numerators(evaluation, PValueEnd::kUpper, threads);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < nodes; ++j) {
        std::uint32_t expected = 1;
        for (std::size_t z = 0; z < m; ++z)
          expected += background(z, j) >= evaluation(i, j) ? 1 : 0;
        CHECK(numerators(i, j) == expected);
      }
    }
  }
}

TEST_CASE("a strictly increasing transform of the activations changes no p-value") {
  const auto background = random_activations<double>(60, 9, Seed(3));
  const auto evaluation = random_activations<double>(15, 9, Seed(4));
  const auto transformed = [](Matrix<double> matrix) {
    for (std::size_t i = 0; i < matrix.size(); ++i) {
      matrix.data()[i] = std::exp(5 * matrix.data()[i]) - 3;
    }
    return matrix;
  };
  const auto plain = SortedBackground<double>(background).numerators(evaluation);
  const auto bent =
      SortedBackground<double>(transformed(background)).numerators(transformed(evaluation));
  CHECK(std::equal(plain.data(), plain.data() + plain.size(), bent.data()));
}

TEST_CASE("NaN and infinite activations are errors that name their place") {
  const float nan = std::nanf("");
  const float infinity = std::numeric_limits<float>::infinity();
  for (float bad : {nan, infinity, -infinity}) {
    Matrix<float> spoilt(5, 4, 1.0F);
    spoilt(3, 2) = bad;
    const std::string in_background = error_text([&] { SortedBackground<float> b(spoilt); });
    CHECK(in_background.find("background activations") == 0);
    CHECK(in_background.find("input 3 at node 2") != std::string::npos);
    const SortedBackground<float> background(Matrix<float>(2, 4, 0.0F));
    const std::string in_evaluation = error_text([&] { background.numerators(spoilt); });
    CHECK(in_evaluation.find("evaluation activations") == 0);
    CHECK(in_evaluation.find("input 3 at node 2") != std::string::npos);
  }
}

TEST_CASE("an evaluation with another number of nodes is an error that names both") {
  const SortedBackground<float> background(Matrix<float>(2, 4, 0.0F));
  const std::string text = error_text([&] { background.numerators(Matrix<float>(3, 5, 0.0F)); });
  CHECK(text.find("expected 4 nodes") != std::string::npos);
  CHECK(text.find("found 5") != std::string::npos);
}

TEST_CASE("an empty background is an error") {
  CHECK_THROWS_AS(SortedBackground<float>(Matrix<float>(0, 4)), Error);
  CHECK_THROWS_AS(SortedBackground<float>(Matrix<float>(4, 0)), Error);
}

TEST_CASE("an evaluation without inputs has no p-values") {
  const SortedBackground<float> background(Matrix<float>(2, 4, 0.0F));
  CHECK(background.p_values(Matrix<float>(0, 4)).rows() == 0);
}

TEST_CASE("levels through critical values equal those through p-values") {
  for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const char* text : {"linear:1", "linear:50", "linear:255"}) {
      for (double alpha_max : {0.01, 0.5, 1.0}) {
        const AlphaGrid grid = AlphaGrid::parse(text, alpha_max);
        for (const std::size_t m : {1U, 7U, 99U}) {
          auto background = random_activations<float>(m, 21, Seed(1));
          auto evaluation = random_activations<float>(m == 99 ? 70 : 13, 21, Seed(2));
          for (auto* matrix : {&background, &evaluation}) {  // many ties
            for (std::size_t i = 0; i < matrix->size(); ++i) {
              matrix->data()[i] = std::floor(matrix->data()[i] * 8);
            }
          }
          const SortedBackground<float> sorted(background);
          const PValueMatrix expected(sorted.numerators(evaluation), sorted.denominator(), grid);
          const PValueMatrix found = CriticalValues<float>(sorted, grid, 2).levels(evaluation, 2);
          const PValueMatrix of_doubles = levels_of_doubles(background, evaluation, grid);
          bool equal = found.alphas() == expected.alphas();
          for (std::size_t i = 0; i < evaluation.rows(); ++i) {
            for (std::size_t j = 0; j < 21; ++j) {
              equal = equal && found.level(i, j) == expected.level(i, j);
              equal = equal && of_doubles.level(i, j) == expected.level(i, j);
            }
          }
          INFO(hwy::TargetName(target) << " " << text << " " << alpha_max << " " << m);
          CHECK(equal);
        }
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("critical values are made for linear grids of up to 255 levels") {
  CHECK(CriticalValues<double>::fits(AlphaGrid(0.5, 255)));
  CHECK_FALSE(CriticalValues<double>::fits(AlphaGrid(0.5, 256)));
  CHECK_FALSE(CriticalValues<double>::fits(AlphaGrid()));
}

TEST_CASE("ranks equal their definition for any instruction set, size and type") {
  for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const std::size_t size : {1U, 2U, 3U, 1000U}) {
      std::vector<float> sorted(size);
      for (std::size_t i = 0; i < size; ++i) sorted[i] = static_cast<float>(i / 3);
      const std::vector<double> wide(sorted.begin(), sorted.end());
      std::vector<float> values;
      for (float v = -1; v < static_cast<float>(size) / 3 + 2; v += 0.5F) values.push_back(v);
      const std::vector<double> wide_values(values.begin(), values.end());
      for (const bool or_equal : {false, true}) {
        std::vector<std::uint32_t> below(values.size()), of_wide(values.size());
        kernels::rank(sorted.data(), size, values.data(), values.size(), or_equal, below.data());
        kernels::rank(wide.data(), size, wide_values.data(), values.size(), or_equal, of_wide.data());
        bool equal = below == of_wide;
        for (std::size_t i = 0; i < values.size(); ++i) {
          std::uint32_t expected = 0;
          for (float z : sorted) expected += z < values[i] || (or_equal && z == values[i]) ? 1U : 0U;
          equal = equal && below[i] == expected;
        }
        INFO(hwy::TargetName(target) << " " << size << " " << or_equal);
        CHECK(equal);
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("keeping numbers below a limit keeps their order, for any instruction set") {
  RandomStream random(Seed(5));
  std::vector<std::uint16_t> numbers(kernels::kKeptAtOnce);
  for (auto& number : numbers) number = static_cast<std::uint16_t>(random.below(65536));
  for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const std::size_t n : {std::size_t{1}, std::size_t{31}, std::size_t{97}, numbers.size()}) {
      for (const std::uint16_t above : std::initializer_list<std::uint16_t>{0, 1, 30000, 40000, 65535}) {
        std::vector<std::uint16_t> expected;
        std::copy_if(numbers.data(), numbers.data() + n, std::back_inserter(expected),
                     [above = above](std::uint16_t number) { return number < above; });
        std::vector<std::uint16_t> kept(kernels::kKeptAtOnce);
        kept.resize(kernels::keep_below(numbers.data(), n, above, kept.data()));
        INFO(hwy::TargetName(target) << " " << n << " " << above);
        CHECK(kept == expected);
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEMPLATE_TEST_CASE("long backgrounds of repeated maxima and of zeros of both signs are sorted", "",
                   float, double) {
  const auto tiny = static_cast<TestType>(std::is_same_v<TestType, float> ? 1e-10 : 1e-19);
  const TestType below_one = std::nextafter(TestType{1}, TestType{0});
  for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    RandomStream random(Seed(4));
    Matrix<TestType> background(9000, 3);
    for (std::size_t i = 0; i < background.rows(); ++i) {
      const bool often = random.below(20) != 0;
      const auto k = static_cast<TestType>(random.below(400));
      background(i, 0) = often ? TestType{0} : -k * tiny;
      background(i, 1) = often ? TestType{1} : (random.below(2) == 0 ? below_one : TestType{0.5});
      background(i, 2) = random.below(50) == 0 ? -TestType{0} : TestType{0};
    }
    const SortedBackground<TestType> sorted(background, 2);
    for (std::size_t j = 0; j < 3; ++j) {
      std::vector<TestType> expected(9000);
      for (std::size_t i = 0; i < 9000; ++i) expected[i] = background(i, j);
      std::sort(expected.begin(), expected.end());
      INFO(hwy::TargetName(target) << ", node " << j);
      CHECK(std::equal(expected.begin(), expected.end(), sorted.node(j)));
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}
