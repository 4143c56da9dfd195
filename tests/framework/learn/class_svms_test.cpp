#include "framework/learn/class_svms.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "framework/core/error.h"
#include "framework/learn/selected_rows.h"
#include "tests/framework/learn/random_rows.h"

namespace deepmine {
namespace {

/// Rows of the classes 0, 1 and 4, many of the first.
std::vector<std::int64_t> classes_of(std::size_t rows) {
  std::vector<std::int64_t> classes(rows, 0);
  for (std::size_t i = 0; i < rows; ++i) classes[i] = i % 5 == 1 ? 1 : i % 5 == 3 ? 4 : 0;
  return classes;
}

TEST_CASE("each class has the machine of its own scaled rows") {
  const Matrix<double> rows = normal_rows(100, 3, Seed(1)), queries = normal_rows(20, 3, Seed(2));
  const auto classes = classes_of(100);
  const ClassSvms found = ClassSvms::fit(rows, classes, true, {});
  REQUIRE(found.machines.size() == 3);
  CHECK(found.of(2) == nullptr);
  const auto own = rows_by_class(classes).at(4);
  const StandardScaler scaler = StandardScaler::fit(selected_rows(rows, own));
  const OneClassSvm alone = OneClassSvm::fit(scaler.transform(selected_rows(rows, own)), {});
  CHECK(found.scores(queries, std::vector<std::int64_t>(20, 4)) == alone.scores(scaler.transform(queries)));
}

TEST_CASE("machines of classes hang on no thread and no place among other rows") {
  const Matrix<double> rows = normal_rows(100, 3, Seed(1)), queries = normal_rows(20, 3, Seed(2));
  const auto classes = classes_of(100), wanted = classes_of(20);
  const std::vector<double> once = ClassSvms::fit(rows, classes, true, {}, 1).scores(queries, wanted, 1);
  const ClassSvms found = ClassSvms::fit(rows, classes, true, {}, 3);
  CHECK(found.scores(queries, wanted, 3) == once);
  for (const std::size_t i : {0, 7, 19}) CHECK(found.scores({queries.row(i), 1, 3}, {wanted[i]}).at(0) == once[i]);
}

TEST_CASE("the least normal training row of a class is normalised to 0, the most normal to 1") {
  const Matrix<double> rows = normal_rows(60, 2, Seed(3));
  const std::vector<std::int64_t> classes(60, 7);
  const ClassSvms found = ClassSvms::fit(rows, classes, false, {});
  std::vector<double> scores = found.scores(rows, classes);
  for (double& score : scores) score = found.of(7)->normalised(score);
  CHECK(*std::min_element(scores.begin(), scores.end()) == Approx(0).margin(1e-9));
  CHECK(*std::max_element(scores.begin(), scores.end()) == Approx(1).epsilon(1e-9));
  CHECK(found.of(7)->normalised(0) < 0);
}

TEST_CASE("a class of one row, of equal rows and of none have scores") {
  const Matrix<double> rows(3, 2, {1.0, 2.0, 5.0, 5.0, 5.0, 5.0});
  const ClassSvms found = ClassSvms::fit(rows, {0, 1, 1}, true, {});
  const std::vector<double> scores = found.scores(rows, {0, 1, 2});
  CHECK(scores[0] == Approx(0.1));
  CHECK(scores[1] == Approx(0.2));
  CHECK(scores[2] == 0);
  CHECK(found.of(0)->normalised(scores[0]) == Approx(0).margin(1e-12));
}

TEST_CASE("machines of classes refuse classes that are not one each and rows of another width") {
  const Matrix<double> rows = normal_rows(10, 2, Seed(1));
  CHECK_THROWS_AS(ClassSvms::fit(rows, {0, 1}, true, {}), Error);
  const ClassSvms found = ClassSvms::fit(rows, std::vector<std::int64_t>(10, 0), true, {});
  CHECK_THROWS_AS(found.scores(rows, {0}), Error);
  CHECK_THROWS_AS(found.scores(normal_rows(1, 3, Seed(1)), {0}), Error);
  CHECK_THROWS_AS(found.scores(normal_rows(1, 3, Seed(1)), {5}), Error);
  CHECK_THROWS_AS(ClassSvms().scores(rows, std::vector<std::int64_t>(10, 0)), Error);
}

}  // namespace
}  // namespace deepmine
