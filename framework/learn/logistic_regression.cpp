#include "framework/learn/logistic_regression.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"
#include "framework/learn/selected_rows.h"
#include "framework/learn/stratified_folds.h"

namespace deepmine {
namespace {

constexpr std::size_t kMaxIterations = 500;
constexpr double kEnough = 1e-13;  ///< of the objective that the next step may still gain

double sigmoid(double z) { return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z)); }

/// log(1 + exp(z))
double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

/// The objective in theta = (w, b), with its slopes.
class Objective {
 public:
  Objective(MatrixView<double> rows, const std::vector<std::uint8_t>& positive, double strength)
      : rows_(eigen_size(rows.rows()), eigen_size(rows.cols() + 1)), truth_(rows_.rows()), strength_(strength) {
    rows_ << eigen_view(rows), Eigen::VectorXd::Ones(rows_.rows());
    for (std::size_t i = 0; i < positive.size(); ++i) truth_(eigen_size(i)) = positive[i] != 0 ? 1 : 0;
  }

  /// No weights, and the bias that is best without them.
  Eigen::VectorXd start() const {
    Eigen::VectorXd theta = Eigen::VectorXd::Zero(rows_.cols());
    theta(theta.size() - 1) = std::log(truth_.mean() / (1 - truth_.mean()));
    return theta;
  }

  double value(const Eigen::VectorXd& theta) const {
    const Eigen::VectorXd z = rows_ * theta;
    double loss = 0;
    for (Eigen::Index i = 0; i < z.size(); ++i) loss += softplus(truth_(i) > 0 ? -z(i) : z(i));
    return strength_ * loss + theta.head(theta.size() - 1).squaredNorm() / 2;
  }

  Eigen::VectorXd gradient(const Eigen::VectorXd& theta) const {
    Eigen::VectorXd slopes = strength_ * (rows_.transpose() * (probabilities(theta) - truth_));
    slopes.head(theta.size() - 1) += theta.head(theta.size() - 1);
    return slopes;
  }

  /// -H^-1 g
  Eigen::VectorXd newton_step(const Eigen::VectorXd& theta, const Eigen::VectorXd& slopes) const {
    const Eigen::VectorXd p = probabilities(theta);
    const Eigen::VectorXd curvature = strength_ * p.array() * (1 - p.array());
    Eigen::MatrixXd hessian = rows_.transpose() * curvature.asDiagonal() * rows_;
    hessian.diagonal().head(theta.size() - 1).array() += 1;
    return -hessian.ldlt().solve(slopes);
  }

 private:
  Eigen::VectorXd probabilities(const Eigen::VectorXd& theta) const { return (rows_ * theta).unaryExpr(&sigmoid); }

  Eigen::MatrixXd rows_;   ///< [n x (d + 1)], the last column is 1
  Eigen::VectorXd truth_;  ///< [n], 0 or 1
  double strength_;
};

/// Goes along the step, or the first of its halves, quarters ... that lowers the objective enough; false for none.
bool descend(const Objective& objective, const Eigen::VectorXd& step, double slope, Eigen::VectorXd& theta) {
  const double before = objective.value(theta);
  for (double share = 1; share > 1e-12; share /= 2) {
    const Eigen::VectorXd next = theta + share * step;
    if (!(objective.value(next) <= before + 1e-4 * share * slope)) continue;  // nor a value that is no number
    theta = next;
    return true;
  }
  return false;
}

/// The minimum; counts the steps.
Eigen::VectorXd minimum(const Objective& objective, std::size_t& steps) {
  Eigen::VectorXd theta = objective.start();
  for (steps = 0; steps < kMaxIterations; ++steps) {
    const Eigen::VectorXd slopes = objective.gradient(theta);
    const Eigen::VectorXd step = objective.newton_step(theta, slopes);
    const double slope = slopes.dot(step);
    if (-slope <= kEnough * (1 + objective.value(theta))) {
      theta += step;  // squares what is left
      break;
    }
    if (!descend(objective, step, slope, theta)) break;
  }
  return theta;
}

std::vector<std::uint8_t> taken(const std::vector<std::uint8_t>& values, const std::vector<std::size_t>& which) {
  std::vector<std::uint8_t> result(which.size());
  for (std::size_t i = 0; i < which.size(); ++i) result[i] = values[which[i]];
  return result;
}

double accuracy(const LogisticRegression& model, MatrixView<double> rows, const std::vector<std::uint8_t>& positive) {
  const std::vector<double> decisions = model.decisions(rows);
  std::size_t right = 0;
  for (std::size_t i = 0; i < positive.size(); ++i) right += (decisions[i] > 0) == (positive[i] != 0) ? 1U : 0U;
  return static_cast<double>(right) / static_cast<double>(positive.size());
}

/// Of one fold for every C.
void measure_fold(MatrixView<double> rows, const std::vector<std::uint8_t>& positive,
                  const std::vector<std::size_t>& folds, std::size_t fold, LogisticChoice& choice) {
  const std::vector<std::size_t> in = inputs_in(folds, fold), outside = inputs_outside(folds, fold);
  ensure(!in.empty(), "folds: expected a row in each of {}, found none in fold {}", count_folds(folds), fold);
  const Matrix<double> held_out = selected_rows(rows, in), fitted_to = selected_rows(rows, outside);
  for (std::size_t k = 0; k < choice.strengths.size(); ++k) {
    const auto model = LogisticRegression::fit(fitted_to, taken(positive, outside), choice.strengths[k]);
    choice.accuracies(fold, k) = accuracy(model, held_out, taken(positive, in));
  }
}

}  // namespace

LogisticRegression LogisticRegression::fit(MatrixView<double> rows, const std::vector<std::uint8_t>& positive,
                                           double strength) {
  ensure_rows(rows, "features of a logistic regression");
  ensure_one_each(rows.rows(), positive.size(), "labels");
  ensure(std::isfinite(strength) && strength > 0, "C: expected a number above 0, found {}", strength);
  ensure_both_kinds(positive, "logistic regression");
  const Objective objective(rows, positive, strength);
  LogisticRegression model;
  const Eigen::VectorXd theta = minimum(objective, model.iterations);
  model.weights.assign(theta.data(), theta.data() + rows.cols());
  model.bias = theta(theta.size() - 1);
  model.strength = strength;
  model.gradient_norm = objective.gradient(theta).lpNorm<Eigen::Infinity>();
  return model;
}

std::vector<double> LogisticRegression::decisions(MatrixView<double> rows) const {
  ensure_rows_like(rows, weights.size(), "features of a logistic regression");
  std::vector<double> result(rows.rows());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = eigen_row(rows, i).dot(eigen_view(weights)) + bias;
  return result;
}

std::vector<double> LogisticRegression::probabilities(MatrixView<double> rows) const {
  std::vector<double> result = decisions(rows);
  for (double& value : result) value = sigmoid(value);
  return result;
}

std::vector<double> logistic_strengths() {
  std::vector<double> strengths(10);
  for (std::size_t k = 0; k < 10; ++k) strengths[k] = std::pow(10, -4 + 8 * static_cast<double>(k) / 9);
  return strengths;
}

double LogisticChoice::mean_accuracy(std::size_t k) const {
  double sum = 0;
  for (std::size_t fold = 0; fold < accuracies.rows(); ++fold) sum += accuracies(fold, k);
  return sum / static_cast<double>(accuracies.rows());
}

LogisticChoice choose_logistic_regression(MatrixView<double> rows, const std::vector<std::uint8_t>& positive,
                                          const std::vector<std::size_t>& folds, const std::vector<double>& strengths,
                                          std::size_t threads) {
  ensure_one_each(rows.rows(), positive.size(), "labels");
  ensure_one_each(rows.rows(), folds.size(), "folds");
  ensure(!strengths.empty(), "C: expected at least one value to choose from, found none");
  LogisticChoice choice;
  choice.strengths = strengths;
  choice.accuracies = Matrix<double>(count_folds(folds), strengths.size());
  parallel_blocks(choice.accuracies.rows(), 1, threads, [&](std::size_t fold, std::size_t) {
    measure_fold(rows, positive, folds, fold, choice);
  });
  for (std::size_t k = 1; k < strengths.size(); ++k) {
    if (choice.mean_accuracy(k) > choice.mean_accuracy(choice.best)) choice.best = k;
  }
  choice.model = LogisticRegression::fit(rows, positive, strengths[choice.best]);
  return choice;
}

}  // namespace deepmine
