#include "framework/learn/kernel_density.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

TEST_CASE("the density of one point is its Gaussian") {
  const KernelDensity density = KernelDensity::fit(Matrix<double>(1, 2, {1, -1}), 0.5);
  const double at = density.log_density(Matrix<double>(1, 2, {2, 1}))[0];
  CHECK(at == Approx(-5 / (2 * 0.25) - std::log(2 * 3.14159265358979 * 0.25)));
}

TEST_CASE("a density sums to one, and its logarithm is finite far away") {
  const KernelDensity density = KernelDensity::fit(normal_rows(20, 1, Seed(1)), 0.3);
  Matrix<double> grid(4001, 1);
  for (std::size_t i = 0; i < grid.rows(); ++i) grid(i, 0) = -10 + 0.005 * static_cast<double>(i);
  double area = 0;
  for (const double value : density.log_density(grid)) area += 0.005 * std::exp(value);
  CHECK(area == Approx(1).epsilon(1e-9));
  CHECK(density.log_density(Matrix<double>(1, 1, 1e6))[0] == Approx(-5.5555e12).epsilon(1e-3));
  CHECK(density.log_density(grid, 3) == density.log_density(grid));
}

TEST_CASE("each row is judged by the density of its class") {
  const Matrix<double> points(4, 1, {0, 1, 10, 11}), rows(3, 1, {0.5, 0.5, 0.5});
  const ClassKernelDensity fitted = ClassKernelDensity::fit(points, {2, 2, 6, 6}, 1);
  const std::vector<double> found = fitted.log_density(rows, {2, 6, 4});
  CHECK(found[0] == KernelDensity::fit(Matrix<double>(2, 1, {0, 1}), 1).log_density(rows)[0]);
  CHECK(found[1] == KernelDensity::fit(Matrix<double>(2, 1, {10, 11}), 1).log_density(rows)[0]);
  CHECK(found[2] == -std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(fitted.log_density(rows, {2}), Error);
  CHECK_THROWS_AS(ClassKernelDensity::fit(points, {1}, 1), Error);
}

TEST_CASE("densities refuse bandwidths that are none and values that do not differ") {
  const Matrix<double> points(2, 1, {0, 1});
  for (const double bandwidth : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(KernelDensity::fit(points, bandwidth), Error);
  }
  CHECK_THROWS_AS(KernelDensity::fit(Matrix<double>(), 1), Error);
  CHECK_THROWS_AS(KernelDensity::fit(points, 1).log_density(Matrix<double>(1, 2)), Error);
  CHECK_THROWS_AS(scott_bandwidth({1}), Error);
  CHECK(error_text([] { scott_bandwidth({0.1, 0.1, 0.1}); }).find("3 of them equal to 0.1") != std::string::npos);
  CHECK_THROWS_AS(overlap_coefficient({1}, {1, 2}, {1, 2}), Error);
  CHECK_THROWS_AS(overlap_coefficient({1, 1}, {1, 2}, {2, 2}), Error);
}

TEST_CASE("log densities have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  const std::vector<double> bandwidths = {0.001, 0.1, 0.26, 1, 3.7926, 10};
  for (const char* name : {"e_0", "e_1", "e_2"}) {
    const Matrix<double> points = golden->matrix(name + std::string("_X"));
    const Matrix<double> rows = golden->matrix(name + std::string("_T"));
    const Matrix<double> expected = golden->matrix(name + std::string("_expected"));
    for (std::size_t h = 0; h < bandwidths.size(); ++h) {
      const std::vector<double> found = KernelDensity::fit(points, bandwidths[h]).log_density(rows);
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(std::abs(found[i] - expected(i, h)) <= 1e-9 * std::abs(expected(i, h)) + 1e-9);
      }
    }
  }
}

TEST_CASE("densities of distances and their overlap have the golden values") {
  const auto golden = Golden::find("relevant-neurons");
  if (!golden) return;
  const auto values = [&](const std::string& name) { return golden->values("g_kde.npz:" + name); };
  const std::vector<double> grid = values("grid");
  std::vector<std::vector<double>> curves;
  for (const char* name : {"a", "b"}) {
    const std::vector<double> distances = values(name);
    const auto density = KernelDensity::fit({distances.data(), distances.size(), 1}, scott_bandwidth(distances));
    curves.push_back(density.log_density({grid.data(), grid.size(), 1}));
    for (double& value : curves.back()) value = std::exp(value);
    CHECK(largest_difference(curves.back(), values("f" + std::string(name))) <= 1e-10);
  }
  CHECK(std::abs(overlap_coefficient(curves[0], curves[1], grid) - values("overlap")[0]) <= 1e-8);
}
