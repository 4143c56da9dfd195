#include "framework/learn/standard_scaler.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

TEST_CASE("scaled features have mean 0 and standard deviation 1") {
  const Matrix<double> rows = normal_rows(50, 3, Seed(1));
  const Matrix<double> scaled = StandardScaler::fit(rows).transform(rows);
  for (std::size_t j = 0; j < 3; ++j) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 50; ++i) sum += scaled(i, j), squares += scaled(i, j) * scaled(i, j);
    CHECK(sum == Approx(0).margin(1e-13));
    CHECK(squares / 50 == Approx(1).epsilon(1e-13));
  }
  CHECK(scale_gamma(scaled) == Approx(1 / 3.0).epsilon(1e-13));
}

TEST_CASE("scaling undoes a change of unit and origin") {
  const Matrix<double> rows = normal_rows(40, 2, Seed(2));
  Matrix<double> moved = rows;
  for (std::size_t i = 0; i < moved.rows(); ++i) moved(i, 0) = 1000 * rows(i, 0) - 7, moved(i, 1) = rows(i, 1) / 50;
  const Matrix<double> a = StandardScaler::fit(rows).transform(rows), b = StandardScaler::fit(moved).transform(moved);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a.data()[i] == Approx(b.data()[i]).margin(1e-11));
}

TEST_CASE("a constant feature becomes exactly 0, and the kernel of constants has width 1") {
  const Matrix<double> rows(7, 2, {0.1, 1, 0.1, 2, 0.1, 3, 0.1, 4, 0.1, 5, 0.1, 6, 0.1, 7});
  const StandardScaler scaler = StandardScaler::fit(rows);
  CHECK(scaler.scales[0] == 1);
  const Matrix<double> scaled = scaler.transform(rows);
  for (std::size_t i = 0; i < 7; ++i) CHECK(scaled(i, 0) == 0);
  CHECK(scale_gamma(scaled) == Approx(1));  // half of the entries are constant
  CHECK(scale_gamma(Matrix<double>(5, 3, 0.1)) == 1);
  CHECK(StandardScaler::fit(Matrix<double>(1, 1, 4)).transform(Matrix<double>(1, 1, 6))(0, 0) == 2);
}

TEST_CASE("a scaler refuses what has no mean and rows of another width") {
  Matrix<double> rows(3, 2, 1);
  const StandardScaler scaler = StandardScaler::fit(rows);
  rows(2, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(error_text([&] { StandardScaler::fit(rows); }).find("found nan in row 2, column 1") != std::string::npos);
  CHECK_THROWS_AS(scaler.transform(rows), Error);
  CHECK_THROWS_AS(scaler.transform(Matrix<double>(3, 1)), Error);
  CHECK_THROWS_AS(StandardScaler::fit(Matrix<double>(0, 2)), Error);
  CHECK_THROWS_AS(scale_gamma(Matrix<double>(2, 0)), Error);
  CHECK(scaler.transform(Matrix<double>(0, 2)).rows() == 0);
}

TEST_CASE("scaled features have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  for (const Json& one : golden->json("b_expected")) {
    const int number = one["case"];
    CAPTURE(number);
    const std::string name = "b_" + std::to_string(number);
    const Matrix<double> rows = golden->matrix(name + "_X"), expected = golden->matrix(name + "_Z");
    const StandardScaler scaler = StandardScaler::fit(rows);
    const Matrix<double> scaled = scaler.transform(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t column = i % rows.cols();
      const double value = expected.data()[i];
      const double tolerance = number == 1 && column == 5   ? 1e-7
                               : number == 3 && column == 1 ? 1e-5 * std::abs(value) + 1e-9
                                                            : 1e-9;
      CHECK(std::abs(scaled.data()[i] - value) <= tolerance);
      if (one["constant"][column].get<bool>()) CHECK((scaler.scales[column] == 1 && scaled.data()[i] == 0));
    }
    CHECK(scale_gamma(scaled) == Approx(one["gamma_scale"].get<double>()).epsilon(1e-9));
  }
}
