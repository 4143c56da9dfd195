#include "framework/learn/tied_gaussian.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Labels = std::vector<std::int64_t>;

Labels alternating(std::size_t count, std::int64_t classes) {
  Labels labels(count);
  for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<std::int64_t>(i) % classes;
  return labels;
}

}  // namespace

TEST_CASE("Mahalanobis distances of two classes on a line are those by hand") {
  const Matrix<double> rows(4, 1, {0, 2, 10, 14});
  const TiedGaussian by_class = TiedGaussian::fit(rows, {3, 3, 5, 5});
  CHECK(by_class.classes == Labels{3, 5});
  CHECK(by_class.covariance(0, 0) == Approx((2 + 8) / 4.0));
  const Matrix<double> distances = by_class.distances(Matrix<double>(1, 1, 6));
  CHECK(distances(0, 0) == Approx(25 / 2.5));
  CHECK(distances(0, 1) == Approx(36 / 2.5));
  CHECK(TiedGaussian::fit(rows, {3, 3, 5, 5}, TiedCovariance::kScatter).covariance(0, 0) == Approx((2 + 8) / 4.0));
  const TiedGaussian scatter = TiedGaussian::fit(Matrix<double>(3, 1, {0, 3, 6}), {0, 0, 0}, TiedCovariance::kScatter);
  CHECK(scatter.covariance(0, 0) == Approx(18 / 3.0));
}

TEST_CASE("Mahalanobis distances stay under every invertible linear map") {
  const Matrix<double> rows = normal_rows(60, 3, Seed(1)), queries = normal_rows(9, 3, Seed(2));
  const auto sheared = [](const Matrix<double>& from) {
    Matrix<double> to = from;
    for (std::size_t i = 0; i < from.rows(); ++i) to(i, 0) = 4 * from(i, 0) + from(i, 2), to(i, 1) = from(i, 1) - 20;
    return to;
  };
  const Labels labels = alternating(60, 4);
  const Matrix<double> a = TiedGaussian::fit(rows, labels).distances(queries);
  const Matrix<double> b = TiedGaussian::fit(sheared(rows), labels).distances(sheared(queries));
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a.data()[i] == Approx(b.data()[i]).epsilon(1e-9));
}

TEST_CASE("directions without variance have no distance") {
  Matrix<double> rows = normal_rows(20, 2, Seed(3));
  for (std::size_t i = 0; i < 20; ++i) rows(i, 1) = 3 * rows(i, 0);
  const TiedGaussian fitted = TiedGaussian::fit(rows, alternating(20, 2));
  CHECK(fitted.rank() == 1);
  const Matrix<double> along(1, 2, {fitted.means(0, 0) - 3, fitted.means(0, 1) + 1});
  CHECK(fitted.distances(along)(0, 0) == Approx(0).margin(1e-12));
  const TiedGaussian single = TiedGaussian::fit(Matrix<double>(2, 2, {1, 2, 3, 4}), {0, 1});
  CHECK(single.rank() == 0);
  CHECK(single.distances(along)(0, 1) == 0);
}

TEST_CASE("a tied Gaussian refuses labels that are not one each and rows of another width") {
  const Matrix<double> rows(3, 2, {1, 2, 3, 4, 5, 7});
  CHECK(error_text([&] { TiedGaussian::fit(rows, {0, 1}); }).find("each of 3 rows, found 2") != std::string::npos);
  CHECK_THROWS_AS(TiedGaussian::fit(Matrix<double>(), {}), Error);
  CHECK_THROWS_AS(TiedGaussian::fit(rows, {0, 0, 0}).distances(Matrix<double>(1, 3)), Error);
}

TEST_CASE("Mahalanobis distances have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  for (const Json& one : golden->json("c_expected")) {
    const std::string name = "c_" + std::to_string(one["case"].get<int>());
    CAPTURE(name);
    const TiedGaussian fitted = TiedGaussian::fit(golden->matrix(name + "_F"), golden->integers(name + "_y"));
    CHECK(fitted.rank() == one["rank"].get<std::size_t>());
    const Matrix<double> distances = fitted.distances(golden->matrix(name + "_T"));
    const Matrix<double> expected = golden->matrix(name + "_dist");
    const double tolerance = 1e-8 * one["scale"].get<double>();
    REQUIRE(distances.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(std::abs(distances.data()[i] - expected.data()[i]) <= tolerance);
    }
    for (std::size_t i = 0; i < distances.rows(); ++i) {
      const double* row = distances.row(i);
      CHECK(std::min_element(row, row + distances.cols()) - row == one["argmin"][i].get<std::ptrdiff_t>());
    }
  }
}
