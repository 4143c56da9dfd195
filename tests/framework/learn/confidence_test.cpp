#include "framework/learn/confidence.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "tests/framework/learn/golden.h"

using namespace deepmine;

TEST_CASE("confidences tell logits apart whose probabilities are both 1") {
  const std::vector<double> found = log_confidences(Matrix<double>(3, 2, {60, 0, 61, 0, 5, 5}));
  CHECK(found[0] == Approx(-std::exp(-60.0)).epsilon(1e-12));
  CHECK(found[1] > found[0]);
  CHECK(found[2] == Approx(std::log(0.5)));
  CHECK(log_confidences(Matrix<double>(1, 2, {900, -900}), 1000)[0] == Approx(-std::log1p(std::exp(-1.8))));
  CHECK(log_confidences(Matrix<double>(1, 1, 3.0))[0] == 0);
}

TEST_CASE("confidences refuse temperatures that are none and logits that are not finite") {
  CHECK_THROWS_AS(log_confidences(Matrix<double>(1, 2), 0), Error);
  CHECK_THROWS_AS(log_confidences(Matrix<double>(1, 2), std::nan("")), Error);
  CHECK_THROWS_AS(log_confidences(Matrix<double>(2, 0)), Error);
  CHECK_THROWS_AS(log_confidences(Matrix<double>(1, 1, std::nan(""))), Error);
}

TEST_CASE("confidences have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  const Matrix<double> logits = golden->matrix("d_logits"), expected = golden->matrix("d_expected");
  for (std::size_t column : {0U, 1U}) {
    const std::vector<double> found = log_confidences(logits, column == 0 ? 1 : 1000);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (logits(i, 0) == logits(i, 9) && std::abs(logits(i, 0)) > 1e20) {
        // Ten equal logits near -1e30: the golden value is 1, as log 10 was lost beside them.
        CHECK(found[i] == Approx(std::log(0.1)));
        continue;
      }
      CHECK(std::abs(std::exp(found[i]) - expected(i, column)) <= 1e-12 * expected(i, column));
      CHECK(std::abs(found[i] - expected(i, column + 2)) <= 1e-10);
    }
  }
}
