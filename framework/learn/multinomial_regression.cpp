#include "framework/learn/multinomial_regression.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"

namespace deepmine {
namespace {

constexpr double kRounding = 1e-20;  ///< of the objective: a step that may gain no more follows rounding errors
constexpr std::size_t kMaxIterations = 200;
constexpr std::size_t kMaxInner = 500;

using Weights = Eigen::MatrixXd;  ///< [(d + 1) x K], the last row the biases

double inner(const Weights& a, const Weights& b) { return a.cwiseProduct(b).sum(); }

/// Each row's scores become its probabilities.
void to_probabilities(Eigen::MatrixXd& scores) {
  scores.colwise() -= scores.rowwise().maxCoeff().eval();
  scores = scores.array().exp();
  scores.array().colwise() /= scores.rowwise().sum().array().eval();
}

class Objective {
 public:
  Objective(MatrixView<double> rows, const std::vector<std::int64_t>& labels, const std::vector<std::int64_t>& classes,
            double strength)
      : rows_(eigen_size(rows.rows()), eigen_size(rows.cols() + 1)),
        truth_(Eigen::MatrixXd::Zero(rows_.rows(), eigen_size(classes.size()))), strength_(strength) {
    rows_ << eigen_view(rows), Eigen::VectorXd::Ones(rows_.rows());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto place = std::lower_bound(classes.begin(), classes.end(), labels[i]);
      truth_(eigen_size(i), place - classes.begin()) = 1;
    }
  }

  Weights start() const { return Weights::Zero(rows_.cols(), truth_.cols()); }

  double value(const Weights& weights) const {
    const Eigen::MatrixXd scores = rows_ * weights;
    const Eigen::VectorXd largest = scores.rowwise().maxCoeff();
    const Eigen::VectorXd sums = (scores.colwise() - largest).array().exp().rowwise().sum();
    const double loss = (sums.array().log() + largest.array()).sum() - inner(scores, truth_);
    return strength_ * loss + weights.topRows(weights.rows() - 1).squaredNorm() / 2;
  }

  /// The gradient; slopes asked for next are at these weights. Those of the biases add up to 0 but for rounding, which
  /// is taken away: along their sum the objective is flat, so that nothing would stop a step.
  Weights gradient(const Weights& weights) {
    probabilities_ = rows_ * weights;
    to_probabilities(probabilities_);
    Weights slopes = strength_ * (rows_.transpose() * (probabilities_ - truth_)) + penalized(weights);
    slopes.bottomRows(1).array() -= slopes.bottomRows(1).mean();
    return slopes;
  }

  /// The Hessian's product with a direction.
  Weights curvature(const Weights& direction) const {
    Eigen::MatrixXd change = (rows_ * direction).cwiseProduct(probabilities_);
    const Eigen::VectorXd sums = change.rowwise().sum();
    change -= sums.asDiagonal() * probabilities_;
    return strength_ * (rows_.transpose() * change) + penalized(direction);
  }

  /// The Hessian's diagonal, above 0.
  Weights diagonal() const {
    const Eigen::MatrixXd own = probabilities_.array() * (1 - probabilities_.array());
    Weights result = strength_ * (rows_.cwiseAbs2().transpose() * own);
    result.topRows(result.rows() - 1).array() += 1;
    return result.cwiseMax(1e-12);
  }

 private:
  static Weights penalized(Weights weights) {
    weights.bottomRows(1).setZero();
    return weights;
  }

  Eigen::MatrixXd rows_;           ///< [n x (d + 1)], the last column is 1
  Eigen::MatrixXd truth_;          ///< [n x K], 1 for a row's class
  Eigen::MatrixXd probabilities_;  ///< [n x K]
  double strength_;
};

/// About -H^-1 g: conjugate gradients until the residual has fallen enough for the step to be worth it.
Weights newton_step(const Objective& objective, const Weights& slopes, double share) {
  const Weights scale = objective.diagonal();
  Weights step = Weights::Zero(slopes.rows(), slopes.cols()), rest = -slopes;
  Weights along = rest.cwiseQuotient(scale);
  double product = inner(rest, along);
  const double enough = std::min(0.1, std::sqrt(share)) * slopes.norm();
  for (std::size_t k = 0; k < kMaxInner && rest.norm() > enough; ++k) {
    const Weights bent = objective.curvature(along);
    const double curve = inner(along, bent);
    if (!(curve > 0)) break;
    step += product / curve * along;
    rest -= product / curve * bent;
    const Weights next = rest.cwiseQuotient(scale);
    const double before = product;
    product = inner(rest, next);
    along = next + product / before * along;
  }
  return step;
}

/// Goes along the step, or the first of its halves, quarters ... that lowers the objective enough; false for none.
bool descend(const Objective& objective, const Weights& step, double slope, Weights& weights) {
  const double before = objective.value(weights);
  for (double share = 1; share > 1e-10; share /= 2) {
    const Weights next = weights + share * step;
    // Not a value that is no number, either.
    if (!(objective.value(next) <= before + 1e-4 * share * slope + 1e-14 * std::abs(before))) continue;
    weights = next;
    return true;
  }
  return false;
}

/// Weights as they are kept; the biases, of which only differences matter, sum to 0.
void keep(const Weights& weights, MultinomialRegression& model) {
  const Eigen::Index d = weights.rows() - 1;
  model.weights = Matrix<double>(model.classes.size(), static_cast<std::size_t>(d));
  eigen_view(model.weights) = weights.topRows(d).transpose();
  const Eigen::VectorXd biases = weights.row(d).transpose().array() - weights.row(d).mean();
  model.biases.assign(biases.data(), biases.data() + biases.size());
}

}  // namespace

MultinomialRegression MultinomialRegression::fit(MatrixView<double> rows, const std::vector<std::int64_t>& labels,
                                                 double strength, double tolerance) {
  ensure_rows(rows, "features of a multinomial regression");
  ensure_one_each(rows.rows(), labels.size(), "labels");
  ensure(std::isfinite(strength) && strength > 0, "C: expected a number above 0, found {}", strength);
  ensure(tolerance > 0, "tolerance of a multinomial regression: expected a number above 0, found {}", tolerance);
  MultinomialRegression model;
  model.classes = distinct_labels(labels);
  model.strength = strength;
  ensure(model.classes.size() >= 2, "multinomial regression: expected rows of at least 2 classes, found only class {}",
         model.classes[0]);
  Objective objective(rows, labels, model.classes, strength);
  Weights weights = objective.start();
  const double first = objective.gradient(weights).norm();
  for (; model.iterations < kMaxIterations; ++model.iterations) {
    throw_if_interrupted();
    const Weights slopes = objective.gradient(weights);
    model.gradient_norm = first > 0 ? slopes.norm() / first : 0;
    if (model.gradient_norm <= tolerance) break;
    const Weights step = newton_step(objective, slopes, model.gradient_norm);
    const double slope = inner(slopes, step);
    if (!(-slope > kRounding * (1 + objective.value(weights)))) break;
    if (!descend(objective, step, slope, weights)) break;
  }
  keep(weights, model);
  return model;
}

Matrix<double> MultinomialRegression::probabilities(MatrixView<double> rows) const {
  ensure_rows_like(rows, weights.cols(), "features of a multinomial regression");
  Eigen::MatrixXd scores(eigen_size(rows.rows()), eigen_size(classes.size()));
  for (std::size_t i = 0; i < rows.rows(); ++i) {  // one by one, so that a row's values hang on no other
    scores.row(eigen_size(i)) = (eigen_view(weights.view()) * eigen_row(rows, i) + eigen_view(biases)).transpose();
  }
  to_probabilities(scores);
  Matrix<double> result(rows.rows(), classes.size());
  eigen_view(result) = scores;
  return result;
}

}  // namespace deepmine
