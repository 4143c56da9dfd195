#include "framework/learn/pca.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

/// Rows that vary by 9, 4, 1 ... along fixed directions.
Matrix<double> stretched(std::size_t n, std::size_t d) {
  Matrix<double> rows = normal_rows(n, d, Seed(n + d));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) rows(i, j) = 5 + rows(i, j) / static_cast<double>(j + 1) + rows(i, (j + 1) % d);
  }
  return rows;
}

double dot(const double* a, const double* b, std::size_t size) {
  double sum = 0;
  for (std::size_t j = 0; j < size; ++j) sum += a[j] * b[j];
  return sum;
}

void check_components(const Matrix<double>& rows, std::size_t count) {
  const Pca pca = Pca::fit(rows, count);
  REQUIRE(pca.components.rows() == count);
  const Matrix<double> coordinates = pca.transform(rows);
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t l = 0; l < count; ++l) {
      double together = 0;
      for (std::size_t i = 0; i < rows.rows(); ++i) together += coordinates(i, k) * coordinates(i, l);
      together /= static_cast<double>(rows.rows() - 1);
      CHECK(dot(pca.components.row(k), pca.components.row(l), rows.cols()) == Approx(k == l ? 1 : 0).margin(1e-10));
      CHECK(together == Approx(k == l ? pca.variances[k] : 0).margin(1e-9));
    }
    if (k > 0) CHECK(pca.variances[k] <= pca.variances[k - 1]);
  }
}

}  // namespace

TEST_CASE("components are orthonormal, their coordinates uncorrelated, for tall and wide rows") {
  check_components(stretched(60, 5), 5);
  check_components(stretched(60, 5), 2);
  check_components(stretched(8, 30), 7);
}

TEST_CASE("all components together keep the distances of rows and the variance") {
  const Matrix<double> rows = stretched(20, 4);
  const Pca pca = Pca::fit(rows, 4);
  const Matrix<double> coordinates = pca.transform(rows);
  double sum = 0, before = 0, after = 0;
  for (const double variance : pca.variances) sum += variance;
  for (std::size_t j = 0; j < 4; ++j) {
    before += std::pow(rows(3, j) - rows(11, j), 2), after += std::pow(coordinates(3, j) - coordinates(11, j), 2);
  }
  CHECK(sum == Approx(pca.total_variance).epsilon(1e-12));
  CHECK(after == Approx(before).epsilon(1e-12));
}

TEST_CASE("rows on a line have one component, equal rows none") {
  Matrix<double> line(5, 3);
  for (std::size_t i = 0; i < 5; ++i) line(i, 0) = static_cast<double>(i), line(i, 1) = -2 * line(i, 0), line(i, 2) = 7;
  const Pca pca = Pca::fit(line, 3);
  REQUIRE(pca.components.rows() == 1);
  CHECK(pca.components(0, 1) == Approx(2 / std::sqrt(5.0)));
  CHECK(pca.components(0, 0) == Approx(-1 / std::sqrt(5.0)));
  CHECK(Pca::fit(Matrix<double>(4, 2, 3), 2).components.rows() == 0);
}

TEST_CASE("a PCA refuses a single row, no component and rows of another width") {
  CHECK_THROWS_AS(Pca::fit(Matrix<double>(1, 3), 1), Error);
  CHECK_THROWS_AS(Pca::fit(Matrix<double>(3, 3), 0), Error);
  CHECK(error_text([] { Pca::fit(stretched(9, 3), 1).transform(Matrix<double>(2, 2)); }).find("expected 3 columns") !=
        std::string::npos);
}
