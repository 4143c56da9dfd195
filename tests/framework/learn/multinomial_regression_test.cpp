#include "framework/learn/multinomial_regression.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "framework/learn/logistic_regression.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Labels = std::vector<std::int64_t>;

/// By the largest of three noisy features: 10, 20 or 40.
Labels noisy_labels(const Matrix<double>& rows, Seed seed) {
  RandomStream random(seed);
  Labels labels(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    double best = -1e300;
    for (std::size_t k = 0; k < 3; ++k) {
      const double value = rows(i, k) + normal(random);
      if (value > best) best = value, labels[i] = std::int64_t{10} << k;
    }
  }
  return labels;
}

double objective(const MultinomialRegression& model, const Matrix<double>& rows, const Labels& labels) {
  double loss = 0, squares = 0;
  const Matrix<double> found = model.probabilities(rows);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t k = 0; k < model.classes.size(); ++k) {
      if (model.classes[k] == labels[i]) loss -= std::log(found(i, k));
    }
  }
  for (std::size_t i = 0; i < model.weights.size(); ++i) squares += std::pow(model.weights.data()[i], 2);
  return model.strength * loss + squares / 2;
}

}  // namespace

TEST_CASE("a multinomial regression lies where every small step raises the objective") {
  const Matrix<double> rows = normal_rows(120, 4, Seed(1));
  const Labels labels = noisy_labels(rows, Seed(2));
  for (const double strength : {0.01, 1.0, 100.0}) {
    const auto model = MultinomialRegression::fit(rows, labels, strength, 1e-10);
    CHECK(model.classes == Labels{10, 20, 40});
    CHECK(model.gradient_norm <= 1e-10);
    CHECK(model.iterations < 30);
    const double least = objective(model, rows, labels);
    for (std::size_t i = 0; i < 15; ++i) {
      for (const double change : {-1e-3, 1e-3}) {
        MultinomialRegression moved = model;
        (i < 12 ? moved.weights.data()[i] : moved.biases[i - 12]) += change;
        CHECK(objective(moved, rows, labels) > least);
      }
    }
  }
}

TEST_CASE("two classes are a logistic regression of twice the strength") {
  const Matrix<double> rows = normal_rows(80, 3, Seed(3));
  Labels labels = noisy_labels(rows, Seed(4));
  std::vector<std::uint8_t> positive;
  for (std::int64_t& label : labels) label = label == 10 ? 1 : 0, positive.push_back(label == 1 ? 1 : 0);
  const Matrix<double> found = MultinomialRegression::fit(rows, labels, 0.7, 1e-12).probabilities(rows);
  const auto expected = LogisticRegression::fit(rows, positive, 1.4).probabilities(rows);
  for (std::size_t i = 0; i < 80; ++i) {
    CHECK(found(i, 1) == Approx(expected[i]).epsilon(1e-8));
    CHECK(found(i, 0) + found(i, 1) == Approx(1).epsilon(1e-14));
  }
}

TEST_CASE("classes that planes separate and constant features have a finite regression") {
  const Matrix<double> rows(6, 2, {0, 7, 1, 7, 10, 7, 11, 7, 20, 7, 21, 7});
  const Labels labels = {0, 0, 5, 5, 9, 9};
  const auto model = MultinomialRegression::fit(rows, labels, 1e4);
  const Matrix<double> found = model.probabilities(rows);
  for (std::size_t i = 0; i < 6; ++i) CHECK(found(i, i / 2) > 0.99);
  const auto alone = MultinomialRegression::fit(Matrix<double>(4, 1, 3.0), {1, 1, 1, 2}, 1);
  CHECK(alone.probabilities(Matrix<double>(1, 1, 3.0))(0, 0) == Approx(0.75).epsilon(1e-6));
}

TEST_CASE("a multinomial regression refuses what it cannot learn from") {
  const Matrix<double> rows = normal_rows(4, 2, Seed(5));
  CHECK(error_text([&] { MultinomialRegression::fit(rows, {7, 7, 7, 7}, 1); }).find("only class 7") !=
        std::string::npos);
  CHECK_THROWS_AS(MultinomialRegression::fit(rows, {0, 1}, 1), Error);
  CHECK_THROWS_AS(MultinomialRegression::fit(rows, {0, 1, 0, 1}, -1), Error);
  CHECK_THROWS_AS(MultinomialRegression::fit(rows, {0, 1, 0, 1}, 1, 0), Error);
  CHECK_THROWS_AS(MultinomialRegression::fit(rows, {0, 1, 0, 1}, 1).probabilities(Matrix<double>(1, 3)), Error);
}

TEST_CASE("features at the ends of float's range have probabilities in a multinomial regression") {
  const std::vector<double> values{0, 1, 1e-38, -1e-20, 1e20, 3e38, -3e38};
  std::size_t sound = 0, all = 0;
  for (std::size_t i = 0; i < 7 * 7 * 7; ++i) {
    const Matrix<double> rows(3, 1, {values[i % 7], values[i / 7 % 7], values[i / 49]});
    for (const std::vector<std::int64_t>& labels : {std::vector<std::int64_t>{0, 1, 0}, {0, 1, 1}}) {
      for (const double strength : {0.01, 15.21, 600.0}) {
        const auto model = MultinomialRegression::fit(rows, labels, strength);
        for (const double p : model.probabilities(rows).take()) {
          ++all;
          sound += p >= 0 && p <= 1 + 1e-12 ? 1U : 0U;
        }
      }
    }
  }
  CHECK(sound == all);
}

TEST_CASE("features too small to tell anything leave a multinomial regression where it starts") {
  // Found by fuzzing: it went on along rounding errors, up to weights that are no numbers.
  const auto [n, strength] =
      GENERATE(table<std::size_t, double>({{3, 333.3}, {6, 0.3}, {9, 1}, {9, 15.21}, {9, 333.3}}));
  Matrix<double> rows(n, 1);
  std::vector<std::int64_t> labels;
  for (std::size_t i = 0; i < n; ++i) {
    rows(i, 0) = 1.33e-25 * static_cast<double>(i);
    labels.push_back(static_cast<std::int64_t>(i % 3));
  }
  const auto model = MultinomialRegression::fit(rows, labels, strength);
  CHECK(model.iterations < 3);
  for (const double p : model.probabilities(rows).take()) CHECK(p == Approx(1 / 3.0));
}
