#include "framework/learn/logistic_regression.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/learn/stratified_folds.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Flags = std::vector<std::uint8_t>;

/// Noisy labels that hang on the first feature.
Flags noisy_labels(const Matrix<double>& rows, Seed seed) {
  RandomStream random(seed);
  Flags positive(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) positive[i] = rows(i, 0) + normal(random) > 0.3 ? 1 : 0;
  return positive;
}

double objective(const LogisticRegression& model, const Matrix<double>& rows, const Flags& positive) {
  double loss = 0, squares = 0;
  const std::vector<double> decisions = model.decisions(rows);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    loss += std::log1p(std::exp(positive[i] != 0 ? -decisions[i] : decisions[i]));
  }
  for (const double w : model.weights) squares += w * w;
  return model.strength * loss + squares / 2;
}

void check_relative(double found, double expected, double tolerance) {
  CHECK(std::abs(found - expected) <= tolerance * std::abs(expected));
}

}  // namespace

TEST_CASE("a logistic regression lies where every small step raises the objective") {
  const Matrix<double> rows = normal_rows(80, 3, Seed(1));
  const Flags positive = noisy_labels(rows, Seed(2));
  for (const double strength : {1e-4, 1.0, 1e4}) {
    const LogisticRegression model = LogisticRegression::fit(rows, positive, strength);
    const double least = objective(model, rows, positive);
    for (std::size_t j = 0; j < 4; ++j) {
      for (const double change : {-1e-3, 1e-3}) {
        LogisticRegression moved = model;
        (j < 3 ? moved.weights[j] : moved.bias) += change;
        CHECK(objective(moved, rows, positive) > least);
      }
    }
    CHECK(model.gradient_norm < 1e-9 * std::max(1.0, strength));
  }
}

TEST_CASE("exchanging the kinds of rows turns a logistic regression over") {
  const Matrix<double> rows = normal_rows(50, 2, Seed(3));
  const Flags positive = noisy_labels(rows, Seed(4));
  Flags other(positive.size());
  for (std::size_t i = 0; i < other.size(); ++i) other[i] = positive[i] == 0 ? 1 : 0;
  const auto a = LogisticRegression::fit(rows, positive, 2), b = LogisticRegression::fit(rows, other, 2);
  for (std::size_t j = 0; j < 2; ++j) CHECK(a.weights[j] == Approx(-b.weights[j]).epsilon(1e-9));
  const std::vector<double> p = a.probabilities(rows), q = b.probabilities(rows);
  for (std::size_t i = 0; i < p.size(); ++i) CHECK(p[i] + q[i] == Approx(1).epsilon(1e-9));
}

TEST_CASE("rows that a line separates, constant and huge features have a finite regression") {
  const auto separated = LogisticRegression::fit(Matrix<double>(4, 1, {-2, -1, 1, 2}), {0, 0, 1, 1}, 1e4);
  CHECK(std::isfinite(separated.weights[0]));
  CHECK(separated.probabilities(Matrix<double>(1, 1, 1))[0] > 0.99);
  const auto constant = LogisticRegression::fit(Matrix<double>(4, 1, 7), {0, 1, 1, 1}, 1);
  CHECK(constant.weights[0] == Approx(0).margin(1e-9));
  CHECK(constant.probabilities(Matrix<double>(1, 1, 7))[0] == Approx(0.75));
  const auto huge = LogisticRegression::fit(Matrix<double>(4, 1, {-1e8, 3e8, 1e8, 2e8}), {0, 0, 1, 1}, 1e4);
  CHECK(std::isfinite(huge.weights[0]));
  CHECK(std::isfinite(huge.bias));
}

TEST_CASE("the chosen C is the first of the best, whatever the threads") {
  const Matrix<double> rows = normal_rows(60, 3, Seed(5));
  const Flags positive = noisy_labels(rows, Seed(6));
  const auto folds = stratified_folds({positive.begin(), positive.end()}, 4);
  const LogisticChoice one = choose_logistic_regression(rows, positive, folds);
  const LogisticChoice two = choose_logistic_regression(rows, positive, folds, logistic_strengths(), 2);
  CHECK(one.model.weights == two.model.weights);
  CHECK(one.best == two.best);
  for (std::size_t k = 0; k < one.strengths.size(); ++k) {
    CHECK(one.mean_accuracy(k) <= one.mean_accuracy(one.best));
    if (k < one.best) CHECK(one.mean_accuracy(k) < one.mean_accuracy(one.best));
  }
  const LogisticChoice same = choose_logistic_regression(rows, positive, folds, {3, 3, 3});
  CHECK(same.best == 0);
}

TEST_CASE("a logistic regression refuses what it cannot learn from") {
  const Matrix<double> rows(4, 1, {1, 2, 3, 4});
  CHECK(error_text([&] { LogisticRegression::fit(rows, {1, 1, 1, 1}, 1); }).find("4 positive and 0 negative") !=
        std::string::npos);
  CHECK_THROWS_AS(LogisticRegression::fit(rows, {0, 1}, 1), Error);
  CHECK_THROWS_AS(LogisticRegression::fit(rows, {0, 1, 0, 1}, 0), Error);
  CHECK_THROWS_AS(LogisticRegression::fit(rows, {0, 1, 0, 1}, std::numeric_limits<double>::infinity()), Error);
  CHECK_THROWS_AS(LogisticRegression::fit(rows, {0, 1, 0, 1}, 1).decisions(Matrix<double>(1, 2)), Error);
  CHECK_THROWS_AS(choose_logistic_regression(rows, {0, 1, 0, 1}, {0, 0, 1, 1}, {}), Error);
  CHECK_THROWS_AS(choose_logistic_regression(rows, {0, 1, 0, 1}, {0, 0, 2, 2}), Error);
  CHECK_THROWS_AS(choose_logistic_regression(rows, {0, 0, 1, 1}, {0, 0, 1, 1}), Error);
}

TEST_CASE("every fold has a class's inputs in proportion") {
  const std::vector<std::size_t> folds = stratified_folds({7, 7, 3, 7, 3, 7, 3, 3, 7}, 2);
  CHECK(folds == std::vector<std::size_t>{0, 0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(inputs_in(folds, 1) == std::vector<std::size_t>{5, 6, 7, 8});
  CHECK(inputs_outside(folds, 1).size() == 5);
  CHECK(count_folds(folds) == 2);
  CHECK_THROWS_AS(stratified_folds({0, 0, 1}, 2), Error);
  CHECK_THROWS_AS(stratified_folds({0, 0}, 1), Error);
}

TEST_CASE("logistic regressions and the choice of C have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  for (const Json& one : golden->json("g_expected")) {
    const std::string name = "g_" + std::to_string(one["case"].get<int>());
    CAPTURE(name);
    const Matrix<double> rows = golden->matrix(name + "_X"), queries = golden->matrix(name + "_T");
    const std::vector<std::int64_t> labels = golden->integers(name + "_y");
    const Flags positive(labels.begin(), labels.end());
    const auto folds = stratified_folds(labels, one["folds"].get<std::size_t>());
    const std::vector<std::int64_t> expected_folds = golden->integers(name + "_fold");
    CHECK(std::equal(folds.begin(), folds.end(), expected_folds.begin(), expected_folds.end(),
                     [](std::size_t a, std::int64_t b) { return static_cast<std::int64_t>(a) == b; }));
    const LogisticChoice choice = choose_logistic_regression(rows, positive, folds);
    for (std::size_t f = 0; f < choice.accuracies.rows(); ++f) {
      for (std::size_t k = 0; k < 10; ++k) CHECK(choice.accuracies(f, k) == one["fold_accuracy"][f][k].get<double>());
    }
    check_relative(choice.model.strength, one["best_C"], 1e-12);
    CHECK(largest_difference(choice.model.probabilities(queries), golden->values(name + "_prob")) <= 1e-6);
    for (const Json& fixed : one["fixed"]) {
      const auto model = LogisticRegression::fit(rows, positive, fixed["C"]);
      check_relative(model.bias, fixed["intercept"], 1e-5);
      for (std::size_t j = 0; j < model.weights.size(); ++j) check_relative(model.weights[j], fixed["coef"][j], 1e-5);
      CHECK(largest_difference(model.probabilities(queries), fixed["prob"].get<std::vector<double>>()) <= 1e-6);
    }
  }
}

TEST_CASE("features at the ends of float's range have probabilities in a logistic regression") {
  const std::vector<double> values{0, 1, 1e-38, -1e-20, 1e20, 3e38, -3e38};
  std::size_t sound = 0, all = 0;
  for (std::size_t i = 0; i < 7 * 7 * 7; ++i) {
    const Matrix<double> rows(3, 1, {values[i % 7], values[i / 7 % 7], values[i / 49]});
    for (const std::vector<std::uint8_t>& labels : {std::vector<std::uint8_t>{0, 1, 0}, {0, 1, 1}}) {
      for (const double strength : {0.01, 15.21, 600.0}) {
        const auto model = LogisticRegression::fit(rows, labels, strength);
        for (const double p : model.probabilities(rows)) {
          ++all;
          sound += p >= 0 && p <= 1 + 1e-12 ? 1U : 0U;
        }
      }
    }
  }
  CHECK(sound == all);
}
