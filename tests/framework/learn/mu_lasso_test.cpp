#include "framework/learn/mu_lasso.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "framework/learn/growing_cholesky.h"
#include "framework/learn/l1_ball.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Values = std::vector<double>;

/// G w - A'b
Values gradient(const LeastSquares& problem, const Values& weights) {
  Values slopes(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    slopes[i] = -problem.correlations(0, i);
    for (std::size_t j = 0; j < weights.size(); ++j) slopes[i] += problem.gram(i, j) * weights[j];
  }
  return slopes;
}

/// |A w - b|^2 / 2, from the rows themselves.
double objective(const Matrix<double>& rows, const Values& target, const Values& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    double rest = -target[i];
    for (std::size_t j = 0; j < rows.cols(); ++j) rest += rows(i, j) * weights[j];
    sum += rest * rest / 2;
  }
  return sum;
}

LeastSquares problem_of(const Matrix<double>& rows, const Values& target) {
  return LeastSquares::of(rows, {target.data(), target.size(), 1});
}

/// Projected gradients with fixed steps: slow, but hardly to be written wrong.
Values by_projected_gradients(const LeastSquares& problem, double mu, int steps) {
  double trace = 0;
  for (std::size_t j = 0; j < problem.gram.rows(); ++j) trace += problem.gram(j, j);
  Values weights(problem.gram.rows(), 0);
  for (int step = 0; step < steps; ++step) {
    const Values slopes = gradient(problem, weights);
    for (std::size_t j = 0; j < weights.size(); ++j) weights[j] -= slopes[j] / trace;
    weights = projected_on_l1_ball(weights, mu);
  }
  return weights;
}

double largest(const Values& values) {
  double result = 0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

void check_optimal(const LeastSquares& problem, const LassoSolution& found) {
  const Values slopes = gradient(problem, found.weights);
  double product = 0;
  for (std::size_t j = 0; j < slopes.size(); ++j) {
    product += slopes[j] * found.weights[j];
    if (found.weights[j] != 0) CHECK(std::abs(std::abs(slopes[j]) - found.slope) <= 1e-7 * (1 + found.slope));
  }
  CHECK(l1_norm(found.weights) <= found.mu * (1 + 1e-9));
  CHECK(product + found.mu * largest(slopes) <= 1e-7 * (1 + problem.squares[0]));
  CHECK(std::abs(found.gap) <= 1e-7 * (1 + problem.squares[0]));
  if (found.binding) CHECK(l1_norm(found.weights) == Approx(found.mu).epsilon(1e-9));
}

Matrix<double> positive_rows(std::size_t n, std::size_t m, Seed seed) {
  Matrix<double> rows = normal_rows(n, m, seed);
  for (std::size_t i = 0; i < rows.size(); ++i) rows.data()[i] = std::max(0.0, rows.data()[i]);
  return rows;
}

Values target_of(const Matrix<double>& rows, Seed seed) {
  RandomStream random(seed);
  Values target(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) target[i] = rows(i, 0) - 2 * rows(i, rows.cols() / 2) + normal(random);
  return target;
}

}  // namespace

TEST_CASE("the weights are where projected gradients arrive") {
  const Matrix<double> rows = positive_rows(60, 12, Seed(1));
  const Values target = target_of(rows, Seed(2));
  const LeastSquares problem = problem_of(rows, target);
  for (const double mu : {0.1, 1.0, 2.5}) {
    const LassoSolution found = mu_lasso(problem, 0, {mu})[0];
    CHECK(largest_difference(found.weights, by_projected_gradients(problem, mu, 20000)) < 1e-5);
    CHECK(found.objective == Approx(objective(rows, target, found.weights)).epsilon(1e-10));
    check_optimal(problem, found);
  }
}

TEST_CASE("one path holds the solutions of every mu, in whatever order they are asked for") {
  const Matrix<double> rows = positive_rows(80, 40, Seed(3));
  const LeastSquares problem = problem_of(rows, target_of(rows, Seed(4)));
  const Values mus = {5, 0.01, 1000, 2};
  const auto together = mu_lasso(problem, 0, mus);
  for (std::size_t i = 0; i < mus.size(); ++i) {
    CHECK(together[i].weights == mu_lasso(problem, 0, {mus[i]})[0].weights);
    check_optimal(problem, together[i]);
  }
  CHECK_FALSE(together[2].binding);
  CHECK(together[1].objective > together[3].objective);
  CHECK(together[3].objective > together[0].objective);
}

TEST_CASE("orthonormal columns have the projection of their correlations") {
  LeastSquares problem;
  problem.gram = Matrix<double>(4, 4);
  for (std::size_t j = 0; j < 4; ++j) problem.gram(j, j) = 1;
  problem.correlations = Matrix<double>(1, 4, {3, -1, 0.5, 2});
  problem.squares = {20};
  problem.dead.assign(4, 0);
  for (const double mu : {0.5, 2.0, 5.0, 6.4, 7.0}) {
    const Values expected = projected_on_l1_ball({3, -1, 0.5, 2}, mu);
    CHECK(largest_difference(mu_lasso(problem, 0, {mu})[0].weights, expected) < 1e-12);
  }
}

TEST_CASE("equal and dependent columns, more columns than rows and zeros have a minimum") {
  Matrix<double> rows = positive_rows(50, 20, Seed(5));
  for (std::size_t i = 0; i < 50; ++i) {
    rows(i, 3) = rows(i, 10);
    rows(i, 7) = rows(i, 1) + rows(i, 2);
    rows(i, 9) = 0;
  }
  const LeastSquares problem = problem_of(rows, target_of(rows, Seed(6)));
  for (const LassoSolution& found : mu_lasso(problem, 0, {0.5, 3, 100})) check_optimal(problem, found);
  const Matrix<double> wide = positive_rows(15, 60, Seed(7));
  const LeastSquares under = problem_of(wide, target_of(wide, Seed(8)));
  const auto found = mu_lasso(under, 0, {1, 1000});
  for (const LassoSolution& one : found) check_optimal(under, one);
  CHECK(found[1].objective < 1e-9);
  const LassoSolution none = mu_lasso(problem_of(Matrix<double>(3, 2), {1, 2, 3}), 0, {1})[0];
  CHECK(none.weights == Values{0, 0});
  CHECK(none.objective == 7);
  CHECK(none.gap == 0);
}

TEST_CASE("columns that hardly ever respond have no weight if asked for") {
  Matrix<double> rows = positive_rows(100, 5, Seed(9));
  for (std::size_t i = 0; i < 100; ++i) rows(i, 2) = i == 7 ? 1e-3 : 0;
  const Values target = target_of(rows, Seed(10));
  const LeastSquares problem = LeastSquares::of(rows, {target.data(), 100, 1}, 0.02);
  CHECK(problem.dead == std::vector<std::uint8_t>{0, 0, 1, 0, 0});
  CHECK(mu_lasso(problem, 0, {50})[0].weights[2] == 0);
  CHECK(mu_lasso(problem_of(rows, target), 0, {50})[0].weights[2] != 0);
}

TEST_CASE("relevant columns are those with a weight worth naming") {
  CHECK(relevant_columns({0, -2, 0.001, 0.0021, 1}) == std::vector<std::size_t>{1, 3, 4});
  CHECK(relevant_columns({0, 0}).empty());
}

TEST_CASE("a lasso refuses a mu that is none and targets of other rows") {
  const Matrix<double> rows = positive_rows(9, 2, Seed(11));
  const LeastSquares problem = problem_of(rows, Values(9, 1));
  for (const double mu : {0.0, -1.0, std::nan("")}) CHECK_THROWS_AS(mu_lasso(problem, 0, {mu}), Error);
  CHECK(error_text([&] { problem_of(rows, Values(8, 1)); }).find("each of 9 rows, found 8") != std::string::npos);
}

TEST_CASE("a growing Cholesky factor solves as if it had been made at once") {
  const Matrix<double> rows = normal_rows(30, 8, Seed(12));
  const LeastSquares problem = problem_of(rows, Values(30, 1));
  std::vector<std::size_t> kept;
  GrowingCholesky factor;
  const auto add = [&](std::size_t column) {
    Values common;
    for (const std::size_t k : kept) common.push_back(problem.gram(column, k));
    kept.push_back(column);
    return factor.add(common, problem.gram(column, column));
  };
  for (std::size_t j = 0; j < 8; ++j) REQUIRE(add(j));
  for (const std::size_t at : {2U, 0U, 5U}) {
    factor.remove(at);
    kept.erase(kept.begin() + at);
  }
  REQUIRE(add(2));
  const Values b = {1, -2, 3, 0.5, 4, 2}, x = factor.solve(b);
  for (std::size_t i = 0; i < 6; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 6; ++j) sum += problem.gram(kept[i], kept[j]) * x[j];
    CHECK(sum == Approx(b[i]).epsilon(1e-10));
  }
  CHECK_FALSE(add(4));
  CHECK(factor.size() == 6);
}

TEST_CASE("projections on the L1 ball have the golden values") {
  CHECK(projected_on_l1_ball({3, -1}, 2) == Values{2, 0});
  CHECK_THROWS_AS(projected_on_l1_ball({1}, -1), Error);
  CHECK_THROWS_AS(projected_on_l1_ball({std::nan("")}, 1), Error);
  const auto golden = Golden::find("relevant-neurons");
  if (!golden) return;
  for (int i = 0; i < 8; ++i) {
    const auto values = [&](const std::string& name) {
      return golden->values("a_projection.npz:" + name + std::to_string(i));
    };
    const Values point = values("v"), found = projected_on_l1_ball(point, values("mu")[0]);
    CHECK(largest_difference(found, values("p")) <= 1e-12 * std::max(1.0, largest(point)));
    CHECK(l1_norm(found) <= values("mu")[0] * (1 + 1e-12));
  }
}

TEST_CASE("the lasso has the golden values") {
  const auto golden = Golden::find("relevant-neurons");
  if (!golden) return;
  for (int i = 0; i < 8; ++i) {
    CAPTURE(i);
    const auto values = [&](const std::string& name) {
      return golden->values("b_mulasso.npz:" + name + std::to_string(i));
    };
    const Matrix<double> rows = golden->matrix("b_mulasso.npz:A" + std::to_string(i));
    const LeastSquares problem = problem_of(rows, values("b"));
    const LassoSolution found = mu_lasso(problem, 0, {values("mu")[0]})[0];
    CHECK(objective(rows, values("b"), found.weights) == Approx(values("f")[0]).epsilon(1e-8));
    CHECK(found.objective == Approx(values("f")[0]).epsilon(1e-8));
    CHECK(found.binding == (values("binding")[0] != 0));
    check_optimal(problem, found);
    if (values("unique")[0] == 0) continue;
    const Values expected = values("w");
    CHECK(largest_difference(found.weights, expected) <= 1e-6 * largest(expected));
    const Values support = values("support");
    const auto columns = relevant_columns(found.weights, 1e-7);
    CHECK(Values(columns.begin(), columns.end()) == support);
  }
}
