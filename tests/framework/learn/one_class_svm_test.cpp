#include "framework/learn/one_class_svm.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/core/error.h"
#include "framework/learn/rbf_kernel.h"
#include "framework/learn/selected_rows.h"
#include "framework/learn/standard_scaler.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Values = std::vector<double>;

double kernel_of(const Matrix<double>& rows, std::size_t i, std::size_t j, double gamma) {
  double square = 0;
  for (std::size_t k = 0; k < rows.cols(); ++k) square += std::pow(rows(i, k) - rows(j, k), 2);
  return std::exp(-gamma * square);
}

/// The nearest point with entries in [0, 1] and this sum, by bisection.
Values projected(const Values& point, double sum) {
  double low = -10, high = 10;
  Values result(point.size());
  for (int step = 0; step < 60; ++step) {
    const double shift = (low + high) / 2;
    double found = 0;
    for (std::size_t i = 0; i < point.size(); ++i) found += result[i] = std::clamp(point[i] - shift, 0.0, 1.0);
    (found > sum ? low : high) = shift;
  }
  return result;
}

/// The scores of the rows themselves at the minimum, found by projected gradients.
Values scores_by_gradients(const Matrix<double>& rows, double nu, double gamma) {
  const std::size_t n = rows.rows();
  Matrix<double> kernel(n, n);
  for (std::size_t i = 0; i < kernel.size(); ++i) kernel.data()[i] = kernel_of(rows, i / n, i % n, gamma);
  Values alphas = projected(Values(n, nu), nu * static_cast<double>(n)), scores(n);
  for (int step = 0; step < 3000; ++step) {
    for (std::size_t i = 0; i < n; ++i) {
      scores[i] = 0;
      for (std::size_t j = 0; j < n; ++j) scores[i] += alphas[j] * kernel(i, j);
    }
    Values moved = alphas;
    for (std::size_t i = 0; i < n; ++i) moved[i] -= 0.2 * scores[i];
    alphas = projected(moved, nu * static_cast<double>(n));
  }
  return scores;
}

double sum_of(const Values& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

OneClassSvm fitted_to(MatrixView<double> rows, double nu, double gamma, double tolerance = 1e-9) {
  OneClassOptions options;
  options.nu = nu, options.gamma = gamma, options.tolerance = tolerance;
  return OneClassSvm::fit(rows, options);
}

std::size_t count_below(const Values& scores, double bar) {
  return static_cast<std::size_t>(std::count_if(scores.begin(), scores.end(), [&](double s) { return s < bar; }));
}

/// What holds of the golden case at a gap.
void check_golden(const OneClassSvm& svm, const Json& one, const Matrix<double>& train, const Matrix<double>& test,
                  const Golden& golden, double gap) {
  const std::string name = "a_" + one["name"].get<std::string>();
  const double tolerance = one[gap > 1e-4 ? "tolerance_tol1e-3" : "tolerance_tol1e-6"];
  CHECK(svm.gap <= gap);
  CHECK(svm.gamma == Approx(one["gamma"].get<double>()).epsilon(1e-12));
  CHECK(sum_of(svm.alphas) == Approx(one["sum_alpha"].get<double>()).epsilon(1e-9));
  CHECK(largest_difference(svm.scores(train), golden.values(name + "_score_train")) <= tolerance);
  CHECK(largest_difference(svm.scores(test), golden.values(name + "_score_test")) <= tolerance);
  CHECK(static_cast<double>(svm.bounded) <= one["sum_alpha"].get<double>() + 1e-9);
  CHECK(static_cast<double>(svm.alphas.size()) >= one["sum_alpha"].get<double>() - 1e-9);
  CHECK(svm.objective >= one["objective"].get<double>() * (1 - 1e-9));
  CHECK(svm.rho >= one["rho_interval"][0].get<double>() - gap);
  if (!one["rho_interval"][1].is_null()) CHECK(svm.rho <= one["rho_interval"][1].get<double>() + gap);
  if (gap > 1e-4) return;
  CHECK(svm.objective == Approx(one["objective"].get<double>()).epsilon(1e-6));
  if (one["unique_rows"] == one["n"]) CHECK(svm.alphas.size() == one["sv_count"].get<std::size_t>());
  if (one["unique_rows"] == one["n"]) CHECK(svm.bounded == one["bounded_sv_count"].get<std::size_t>());
  if (one["train_below_rho"].is_null()) return;
  CHECK(count_below(svm.scores(train), svm.rho - 1e-5) == one["train_below_rho"].get<std::size_t>());
}

}  // namespace

TEST_CASE("a one-class SVM scores as the minimum found by projected gradients does") {
  const Matrix<double> rows = normal_rows(50, 3, Seed(1));
  for (const double nu : {0.02, 0.1, 0.33, 0.8}) {
    for (const double gamma : {0.05, 0.5}) {
      CAPTURE(nu, gamma);
      const OneClassSvm svm = fitted_to(rows, nu, gamma);
      CHECK(largest_difference(svm.scores(rows), scores_by_gradients(rows, nu, gamma)) < 2e-3);
      CHECK(svm.gap <= 1e-9);
      CHECK(sum_of(svm.alphas) == Approx(nu * 50).epsilon(1e-12));
      CHECK(static_cast<double>(svm.bounded) <= nu * 50 + 1e-9);
      CHECK(static_cast<double>(svm.alphas.size()) >= nu * 50 - 1e-9);
    }
  }
}

TEST_CASE("scores hang on no order of rows, no cache and no thread") {
  const Matrix<double> rows = normal_rows(1500, 4, Seed(2)), queries = normal_rows(300, 4, Seed(3));
  const OneClassSvm svm = fitted_to(rows, 0.2, 0.3, 1e-7);
  const Values scores = svm.scores(queries);
  CHECK(svm.scores(queries, 3) == scores);
  CHECK(svm.scores({queries.row(7), 1, 4})[0] == scores[7]);
  const Matrix<double> mixed = selected_rows(rows, RandomStream(Seed(4)).permutation(1500));
  CHECK(largest_difference(fitted_to(mixed, 0.2, 0.3, 1e-7).scores(queries), scores) < 1e-6);
  OneClassOptions small;
  small.nu = 0.2, small.gamma = 0.3, small.tolerance = 1e-7, small.cache_bytes = 0;
  const OneClassSvm uncached = OneClassSvm::fit(rows, small);
  CHECK(uncached.alphas == svm.alphas);
  CHECK(uncached.iterations == svm.iterations);
}

TEST_CASE("a one-class SVM ranks as the smallest ball in feature space does") {
  const Matrix<double> rows = normal_rows(80, 2, Seed(5));
  const OneClassSvm svm = fitted_to(rows, 0.1, 0.4);
  const Values scores = svm.scores(rows);
  const double sum = 0.1 * 80;
  Values distances;
  for (std::size_t i = 0; i < 80; ++i) distances.push_back(1 - 2 * scores[i] / sum + 2 * svm.objective / (sum * sum));
  const double radius = 1 - 2 * svm.rho / sum + 2 * svm.objective / (sum * sum);
  CHECK(*std::min_element(distances.begin(), distances.end()) > 0);
  std::size_t outside = 0;
  for (const double distance : distances) outside += distance > radius + 1e-7 ? 1U : 0U;
  CHECK(outside == svm.bounded);
}

TEST_CASE("a kernel without width tells no row from another") {
  const Matrix<double> rows = normal_rows(30, 2, Seed(6));
  const Values scores = fitted_to(rows, 0.5, 1e-12).scores(normal_rows(9, 2, Seed(7)));
  for (const double score : scores) CHECK(score == Approx(15).epsilon(1e-9));
}

TEST_CASE("one row, equal rows and nu 1 have a machine") {
  const OneClassSvm one = fitted_to(Matrix<double>(1, 2, {1, 2}), 0.3, 1);
  CHECK(one.alphas == Values{0.3});
  CHECK(one.rho == Approx(0.3));
  const OneClassSvm equal = OneClassSvm::fit(Matrix<double>(10, 2, 4), {});
  CHECK(equal.gamma == 1);
  CHECK(equal.scores(Matrix<double>(1, 2, 4))[0] == Approx(1));
  const OneClassSvm all = fitted_to(normal_rows(12, 2, Seed(8)), 1, 0.5);
  CHECK(all.bounded == 12);
  CHECK(all.iterations == 0);
  CHECK(std::isfinite(all.rho));
}

TEST_CASE("a one-class SVM refuses options out of range and rows that are none") {
  const Matrix<double> rows = normal_rows(5, 2, Seed(9));
  CHECK(error_text([&] { fitted_to(rows, 0, 1); }).find("nu: expected a number in (0, 1], found 0") == 0);
  CHECK_THROWS_AS(fitted_to(rows, 1.01, 1), Error);
  CHECK_THROWS_AS(fitted_to(rows, 0.5, 0), Error);
  CHECK_THROWS_AS(fitted_to(rows, 0.5, std::numeric_limits<double>::infinity()), Error);
  CHECK_THROWS_AS(fitted_to(rows, 0.5, 1, 1e-12), Error);
  CHECK_THROWS_AS(fitted_to(Matrix<double>(0, 2), 0.5, 1), Error);
  CHECK_THROWS_AS(fitted_to(rows, 0.5, 1).scores(Matrix<double>(1, 3)), Error);
}

TEST_CASE("kernel values are those of the formula, exactly 1 for equal rows, and rows are kept") {
  const Matrix<double> rows = normal_rows(600, 7, Seed(10));
  KernelCache cache(rows, 0.2, 3 * 600 * sizeof(double));
  for (const std::size_t i : {5U, 400U, 5U, 599U}) {
    const double* row = cache.row(i);
    for (std::size_t j = 0; j < 600; ++j) CHECK(row[j] == Approx(kernel_of(rows, i, j, 0.2)).epsilon(1e-13));
    CHECK(row[i] == 1);
  }
  CHECK(cache.computed() == 3);
  cache.row(1);
  cache.row(400);
  CHECK(cache.computed() == 5);
}

TEST_CASE("one-class SVMs have the golden values") {
  const auto golden = Golden::find("uniform-svdd");
  if (!golden) return;
  for (const Json& one : golden->json("a_expected")["cases"]) {
    const std::string name = "a_" + one["name"].get<std::string>();
    CAPTURE(name);
    Matrix<double> train = golden->matrix(name + "_train"), test = golden->matrix(name + "_test");
    if (one["standardise"].get<bool>()) {
      const StandardScaler scaler = StandardScaler::fit(train);
      train = scaler.transform(train), test = scaler.transform(test);
    }
    OneClassOptions options;
    options.nu = one["nu"];
    if (one["gamma_setting"].is_number()) options.gamma = one["gamma_setting"].get<double>();
    for (const double gap : {1e-3, 1e-6}) {
      options.tolerance = gap;
      check_golden(OneClassSvm::fit(train, options), one, train, test, *golden, gap);
    }
  }
}
