#include "framework/scan/p_value_matrix.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/framework/scan/instruction_sets.h"
#include "tests/framework/scan/random_matrix.h"
#include "tests/framework/scan/reference_scan.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

void check_equal(const PValueMatrix& found, const PValueMatrix& expected) {
  REQUIRE(found.inputs() == expected.inputs());
  REQUIRE(found.nodes() == expected.nodes());
  CHECK(found.alphas() == expected.alphas());
  CHECK(found.levels().index() == expected.levels().index());
  bool equal = true;
  for (std::size_t i = 0; i < found.inputs(); ++i) {
    for (std::size_t j = 0; j < found.nodes(); ++j) {
      equal = equal && found.level(i, j) == expected.level(i, j);
    }
  }
  CHECK(equal);
}

}  // namespace

TEST_CASE("a level is the smallest alpha at or above the p-value") {
  const Matrix<double> p(1, 6, {0.01, 0.010000001, 0.02, 0.25, 0.5, 0.51});
  const PValueMatrix matrix(p, AlphaGrid(0.5, 50));
  const std::vector<std::uint32_t> expected = {0, 1, 1, 24, 49, 50};
  for (std::size_t j = 0; j < expected.size(); ++j) CHECK(matrix.level(0, j) == expected[j]);
}

TEST_CASE("every level holds its p-value, for any grid") {
  const auto p = random_p_values({30, 40, 1001}, Seed(1));
  for (const char* text : {"exact", "linear:1", "linear:50", "linear:255", "linear:256"}) {
    const PValueMatrix matrix(p, AlphaGrid::parse(text, 0.4));
    const auto& alphas = matrix.alphas();
    bool right = true;
    for (std::size_t i = 0; i < p.rows(); ++i) {
      for (std::size_t j = 0; j < p.cols(); ++j) {
        const std::uint32_t level = matrix.level(i, j);
        right = right && (level == alphas.size() || p(i, j) <= alphas[level]);
        right = right && (level == 0 || p(i, j) > alphas[level - 1]);
      }
    }
    INFO(text);
    CHECK(right);
  }
}

TEST_CASE("the exact grid is the distinct p-values up to and with alpha_max") {
  const Matrix<double> p(2, 3, {0.5, 0.25, 0.75, 0.25, 0.125, 1.0});
  CHECK(PValueMatrix(p, AlphaGrid()).alphas() == std::vector<double>{0.125, 0.25, 0.5});
  CHECK(PValueMatrix(p, AlphaGrid(0.3)).alphas() == std::vector<double>{0.125, 0.25});
  CHECK(PValueMatrix(p, AlphaGrid(0.1)).alphas().empty());
}

TEST_CASE("numerators give the same matrix as the p-values they stand for") {
  const auto numerators = random_numerators({20, 30, 777}, Seed(2));
  for (const char* text : {"exact", "linear:50"}) {
    const AlphaGrid grid = AlphaGrid::parse(text);
    check_equal(PValueMatrix(numerators, 777, grid), PValueMatrix(divided(numerators, 777), grid));
  }
}

TEST_CASE("gathering inputs equals building the matrix from their p-values") {
  const auto numerators = random_numerators({12, 60, 3001}, Seed(3));
  const std::vector<std::size_t> inputs = {7, 0, 11, 7};
  Matrix<std::uint32_t> chosen(inputs.size(), numerators.cols());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::copy_n(numerators.row(inputs[i]), numerators.cols(), chosen.row(i));
  }
  for (const char* text : {"exact", "linear:50", "linear:300"}) {
    INFO(text);
    const AlphaGrid grid = AlphaGrid::parse(text);
    const PValueMatrix all(numerators, 3001, grid);
    check_equal(all.gather(inputs), PValueMatrix(chosen, 3001, grid));
    // Once more from what was gathered: 255 levels and more become fewer than 256.
    check_equal(all.gather(inputs).gather({2}), all.gather({11}));
  }
  CHECK(PValueMatrix(numerators, 3001, AlphaGrid()).levels().index() == 1);
  CHECK(PValueMatrix(numerators, 3001, AlphaGrid()).gather({4}).levels().index() == 0);
}

TEST_CASE("more than 65535 distinct p-values are kept apart") {
  const std::size_t count = 70000;
  Matrix<std::uint32_t> numerators(1, count);
  for (std::size_t j = 0; j < count; ++j) numerators(0, j) = static_cast<std::uint32_t>(count - j);
  const PValueMatrix matrix(numerators, 70000, AlphaGrid(1.0));
  CHECK(matrix.alphas().size() == count);
  CHECK(matrix.level(0, 0) == count - 1);
  CHECK(matrix.level(0, count - 1) == 0);
  CHECK(PValueMatrix(numerators, 140000, AlphaGrid(0.25)).level(0, 0) == 35000);
}

TEST_CASE("p-values that are not above 0 and at most 1 are errors that name their place") {
  for (double bad : {0.0, -0.5, 1.5, std::nan("")}) {
    Matrix<double> p(3, 4, 0.5);
    p(2, 1) = bad;
    const std::string text = error_text([&] { PValueMatrix(p, AlphaGrid()); });
    CHECK(text.find("input 2 at node 1") != std::string::npos);
  }
}

TEST_CASE("numerators below 1 or above the denominator are errors that name their place") {
  for (std::uint32_t bad : {0U, 11U}) {
    Matrix<std::uint32_t> numerators(3, 4, 5U);
    numerators(2, 1) = bad;
    const std::string text = error_text([&] { PValueMatrix(numerators, 10, AlphaGrid()); });
    CHECK(text.find("input 2 at node 1") != std::string::npos);
  }
}

TEST_CASE("empty matrices and inputs beyond the matrix are errors") {
  CHECK_THROWS_AS(PValueMatrix(Matrix<double>(0, 3), AlphaGrid()), Error);
  CHECK_THROWS_AS(PValueMatrix(Matrix<double>(3, 0), AlphaGrid()), Error);
  const PValueMatrix matrix(Matrix<double>(3, 2, 0.5), AlphaGrid());
  CHECK_THROWS_AS(matrix.gather({}), Error);
  CHECK(error_text([&] { matrix.gather({0, 3}); }).find("below 3, found 3") != std::string::npos);
}

TEST_CASE("p-values at an alpha and beside it get the level that comparing gives, whatever rounding does") {
  for (const auto& [steps, alpha_max] : {std::pair<std::size_t, double>{50, 0.5}, {7, 0.3}, {255, 1.0},
                                         {300, 0.123}, {65535, 0.77},
                                         {50, 1e-306}, {50, 1e-307}, {50, 1e-321}, {255, 3e-308}}) {
    const AlphaGrid grid(alpha_max, steps);
    const std::vector<double> alphas = grid.linear_alphas();
    std::vector<double> p;
    for (double alpha : alphas) {
      p.insert(p.end(), {std::nextafter(alpha, 0), alpha, std::nextafter(alpha, 2)});
    }
    for (double& value : p) value = std::min(value, 1.0);
    const std::size_t count = p.size();
    for_each_instruction_set([&] {
      const PValueMatrix matrix(Matrix<double>(1, count, p), grid);
      bool right = true;
      for (std::size_t j = 0; j < count; ++j) {
        const auto expected =
            std::lower_bound(alphas.begin(), alphas.end(), p[j]) - alphas.begin();
        right = right && matrix.level(0, j) == static_cast<std::uint32_t>(expected);
      }
      CHECK(right);
    });
  }
}
