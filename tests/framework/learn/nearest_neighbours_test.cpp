#include "framework/learn/nearest_neighbours.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

/// All distances of one query, ascending, written plainly.
std::vector<double> all_distances(const Matrix<double>& queries, std::size_t query, const Matrix<double>& reference) {
  std::vector<double> distances;
  for (std::size_t i = 0; i < reference.rows(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < reference.cols(); ++j) sum += std::pow(queries(query, j) - reference(i, j), 2);
    distances.push_back(std::sqrt(sum));
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

}  // namespace

TEST_CASE("the nearest distances are the first of all distances, whatever the threads") {
  const Matrix<double> queries = normal_rows(40, 5, Seed(1)), reference = normal_rows(30, 5, Seed(2));
  const Matrix<double> found = nearest_distances(queries, reference, 7);
  for (std::size_t i = 0; i < 40; ++i) {
    const std::vector<double> expected = all_distances(queries, i, reference);
    for (std::size_t k = 0; k < 7; ++k) CHECK(found(i, k) == Approx(expected[k]).epsilon(1e-13));
  }
  CHECK(std::move(Matrix<double>(found)).take() == nearest_distances(queries, reference, 7, 3).take());
  CHECK(nearest_distances(reference, reference, 1).take() == std::vector<double>(30, 0));
}

TEST_CASE("the local intrinsic dimension of a plane in space is about that of a plane") {
  Matrix<double> rows(3000, 6);
  RandomStream random(Seed(3));
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const double x = random.uniform(), y = random.uniform();
    for (std::size_t j = 0; j < 6; ++j) rows(i, j) = (j % 2 == 0 ? x : y) * static_cast<double>(j + 1);
  }
  const std::vector<double> found = local_intrinsic_dimension({rows.data(), 200, 6}, rows, 50, NearestRow::kDropped, 2);
  double sum = 0;
  for (const double dimension : found) sum += dimension;
  CHECK(sum / 200 == Approx(2).margin(0.15));
}

TEST_CASE("the local intrinsic dimension sees no unit of length") {
  const Matrix<double> queries = normal_rows(9, 4, Seed(4)), reference = normal_rows(50, 4, Seed(5));
  Matrix<double> wide_queries = queries, wide_reference = reference;
  for (Matrix<double>* rows : {&wide_queries, &wide_reference}) {
    for (std::size_t i = 0; i < rows->size(); ++i) rows->data()[i] *= 1024;
  }
  CHECK(local_intrinsic_dimension(queries, reference, 10) ==
        local_intrinsic_dimension(wide_queries, wide_reference, 10));
}

TEST_CASE("equal distances and equal rows have a dimension that is said") {
  const Matrix<double> reference(4, 1, {0, 0, 3, 3});
  CHECK(local_intrinsic_dimension(Matrix<double>(1, 1, 0.0), reference, 2)[0] == 0);
  CHECK(local_intrinsic_dimension(Matrix<double>(1, 1, 3.0), reference, 1)[0] == 0);
  CHECK(local_intrinsic_dimension(Matrix<double>(1, 1, 1.5), reference, 3)[0] == kLargestLid);
  CHECK(local_intrinsic_dimension(Matrix<double>(1, 1, 1.0), reference, 3, NearestRow::kKept)[0] ==
        Approx(-3 / (2 * std::log(0.5))));
  CHECK(local_intrinsic_dimension(Matrix<double>(1, 1, 1.0), reference, 99, NearestRow::kKept)[0] ==
        Approx(-4 / (2 * std::log(0.5))));
}

TEST_CASE("neighbours refuse what is not there") {
  const Matrix<double> rows(3, 2, 1);
  CHECK_THROWS_AS(nearest_distances(rows, rows, 4), Error);
  CHECK_THROWS_AS(nearest_distances(rows, rows, 0), Error);
  CHECK_THROWS_AS(nearest_distances(Matrix<double>(1, 1), rows, 1), Error);
  CHECK_THROWS_AS(local_intrinsic_dimension(rows, rows, 0), Error);
  CHECK(error_text([&] { local_intrinsic_dimension(rows, Matrix<double>(1, 2), 5); }).find("at least 2 rows") !=
        std::string::npos);
}

TEST_CASE("local intrinsic dimensions have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  for (const Json& one : golden->json("f_expected")) {
    const std::string name = "f_" + std::to_string(one["case"].get<int>());
    const auto k = one["k"].get<std::size_t>();
    CAPTURE(name, k);
    const auto found = local_intrinsic_dimension(golden->matrix(name + "_query"), golden->matrix(name + "_ref"), k);
    const auto expected = one["guarded"].get<std::vector<double>>();
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - expected[i]) <= 1e-9 * expected[i]);
  }
}
