#include "framework/learn/mu_lasso.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"
#include "framework/learn/growing_cholesky.h"
#include "framework/learn/l1_ball.h"

namespace deepmine {
namespace {

constexpr double kParallel = 1e-9;     ///< a correlation that gains on the others by less never meets them
constexpr double kLeastSlope = 1e-13;  ///< of the first: the end of the path

/// The minimum as the slope max |A'(b - A w)| falls. Between two events the weights are u - slope v, and the
/// correlations p + slope q. Weights are counted from those at the last event, which keeps digits where u is huge.
class Path {
 public:
  Path(const LeastSquares& problem, std::size_t target)
      : problem_(problem), target_(problem.correlations.row(target)), square_(problem.squares[target]),
        size_(problem.gram.cols()), left_out_(problem.dead), p_(size_), q_(size_) {
    std::vector<double> sizes(size_);
    for (std::size_t j = 0; j < size_; ++j) sizes[j] = left_out_[j] != 0 ? 0 : std::abs(target_[j]);
    const auto first = std::max_element(sizes.begin(), sizes.end());
    slope_ = first_slope_ = *first;
    if (slope_ > 0) join(static_cast<std::size_t>(first - sizes.begin()), target_[first - sizes.begin()] > 0 ? 1 : -1);
    follow();
  }

  /// The minimum at `mu`, which is not below that of the call before.
  LassoSolution at(double mu) {
    while (true) {
      const Event event = next_event();
      const double wanted = slope_of(mu);
      if (wanted >= event.slope || event.kind == Event::kEnd) return solution(mu, std::max(wanted, 0.0));
      for (std::size_t k = 0; k < active_.size(); ++k) before_[k] += (slope_ - event.slope) * v_[k];
      slope_ = event.slope;
      take(event);
    }
  }

 private:
  struct Event {
    enum Kind { kEnd, kJoin, kLeave } kind = kEnd;
    double slope = 0;
    std::size_t which = 0;  ///< a column, or a place among the active ones
    double sign = 0;
  };

  /// The slope at which the weights have norm mu, on this piece.
  double slope_of(double mu) const {
    double change = 0;
    for (std::size_t k = 0; k < active_.size(); ++k) change += signs_[k] * v_[k];
    return active_.empty() ? 0 : slope_ - (mu - l1_norm(before_)) / change;
  }

  void consider(Event& best, Event::Kind kind, double slope, std::size_t which, double sign) const {
    slope = std::min(slope, slope_);
    if (slope > best.slope && slope > kLeastSlope * first_slope_) best = {kind, slope, which, sign};
  }

  /// What happens first as the slope falls.
  Event next_event() const {
    Event best;
    if (steps_ > 100 * (size_ + 10)) return best;  // rounding leads it round in circles; the gap tells
    for (std::size_t j = 0; j < size_; ++j) {
      if (left_out_[j] != 0) continue;
      for (const double sign : {1.0, -1.0}) {
        const double gain = 1 - sign * q_[j];
        if (gain > kParallel) consider(best, Event::kJoin, sign * p_[j] / gain, j, sign);
      }
    }
    for (std::size_t k = 0; k < active_.size(); ++k) {
      if (signs_[k] * v_[k] < 0) consider(best, Event::kLeave, u_[k] / v_[k], k, 0);
    }
    return best;
  }

  void take(const Event& event) {
    if (steps_ % 64 == 0) throw_if_interrupted();
    event.kind == Event::kJoin ? join(event.which, event.sign) : leave(event.which);
    follow();
  }

  void join(std::size_t column, double sign) {
    ++steps_;
    std::vector<double> common(active_.size());
    for (std::size_t k = 0; k < active_.size(); ++k) common[k] = problem_.gram(column, active_[k]);
    left_out_[column] = 1;
    if (!factor_.add(std::move(common), problem_.gram(column, column))) {
      dependent_.push_back(column);
      return;
    }
    active_.push_back(column);
    signs_.push_back(sign);
    before_.push_back(0);
  }

  void leave(std::size_t place) {
    ++steps_;
    factor_.remove(place);
    dependent_.push_back(active_[place]);
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(place));
    signs_.erase(signs_.begin() + static_cast<std::ptrdiff_t>(place));
    before_.erase(before_.begin() + static_cast<std::ptrdiff_t>(place));
    for (const std::size_t column : dependent_) left_out_[column] = 0;  // what they depended on may be gone
    dependent_.clear();
  }

  /// The piece that begins here.
  void follow() {
    std::vector<double> common(active_.size());
    for (std::size_t k = 0; k < active_.size(); ++k) common[k] = target_[active_[k]];
    u_ = factor_.solve(common);
    v_ = factor_.solve(signs_);
    std::copy_n(target_, size_, p_.begin());
    std::fill(q_.begin(), q_.end(), 0.0);
    for (std::size_t k = 0; k < active_.size(); ++k) {
      const double* column = problem_.gram.row(active_[k]);
      for (std::size_t j = 0; j < size_; ++j) p_[j] -= u_[k] * column[j], q_[j] += v_[k] * column[j];
    }
  }

  LassoSolution solution(double mu, double slope) const {
    LassoSolution found;
    found.mu = mu;
    found.steps = steps_;
    found.binding = slope > kLeastSlope * first_slope_;
    found.weights.assign(size_, 0.0);
    double gain = 0;  // <g, w>
    double fitted = 0;
    for (std::size_t k = 0; k < active_.size(); ++k) {
      const std::size_t j = active_[k];
      const double weight = found.weights[j] = before_[k] + (slope_ - slope) * v_[k];
      gain -= weight * (p_[j] + slope * q_[j]);
      fitted += weight * target_[j];
    }
    for (std::size_t j = 0; j < size_; ++j) {
      if (problem_.dead[j] == 0) found.slope = std::max(found.slope, std::abs(p_[j] + slope * q_[j]));
    }
    found.objective = (square_ - fitted + gain) / 2;
    found.gap = gain + mu * found.slope;
    if (l1_norm(found.weights) > mu * (1 + 1e-9)) found.weights = projected_on_l1_ball(found.weights, mu);  // rounding
    return found;
  }

  const LeastSquares& problem_;
  const double* target_;  ///< [m]
  double square_;
  std::size_t size_, steps_ = 0;
  double slope_ = 0, first_slope_ = 0;
  std::vector<std::size_t> active_, dependent_;
  std::vector<double> signs_;
  std::vector<std::uint8_t> left_out_;  ///< [m]: dead, active or dependent
  GrowingCholesky factor_;
  std::vector<double> u_, v_;   ///< [active]
  std::vector<double> before_;  ///< [active], the weights at slope_
  std::vector<double> p_, q_;   ///< [m]
};

std::vector<std::uint8_t> dead_columns(MatrixView<double> rows, double least_active) {
  std::vector<std::size_t> counts(rows.cols(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) counts[i % rows.cols()] += rows.data()[i] != 0 ? 1U : 0U;
  std::vector<std::uint8_t> dead(rows.cols());
  for (std::size_t j = 0; j < dead.size(); ++j) {
    dead[j] = static_cast<double>(counts[j]) < least_active * static_cast<double>(rows.rows()) ? 1 : 0;
  }
  return dead;
}

}  // namespace

LeastSquares LeastSquares::of(MatrixView<double> rows, MatrixView<double> targets, double least_active) {
  ensure_rows(rows, "descriptors");
  ensure_rows(targets, "targets");
  ensure_one_each(rows.rows(), targets.rows(), "targets");
  LeastSquares problem;
  problem.gram = Matrix<double>(rows.cols(), rows.cols());
  EigenRows half = EigenRows::Zero(eigen_size(rows.cols()), eigen_size(rows.cols()));
  half.selfadjointView<Eigen::Lower>().rankUpdate(eigen_view(rows).transpose());
  eigen_view(problem.gram) = half.selfadjointView<Eigen::Lower>();
  problem.correlations = Matrix<double>(targets.cols(), rows.cols());
  eigen_view(problem.correlations) = eigen_view(targets).transpose() * eigen_view(rows);
  const Eigen::VectorXd squares = eigen_view(targets).colwise().squaredNorm();
  problem.squares.assign(squares.data(), squares.data() + squares.size());
  problem.dead = dead_columns(rows, least_active);
  return problem;
}

std::vector<LassoSolution> mu_lasso(const LeastSquares& problem, std::size_t target, const std::vector<double>& mus) {
  assert(target < problem.correlations.rows());
  for (const double mu : mus) ensure(std::isfinite(mu) && mu > 0, "mu: expected a number above 0, found {}", mu);
  std::vector<std::size_t> order(mus.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return mus[a] < mus[b]; });
  std::vector<LassoSolution> solutions(mus.size());
  Path path(problem, target);
  for (const std::size_t i : order) solutions[i] = path.at(mus[i]);
  return solutions;
}

std::vector<std::size_t> relevant_columns(const std::vector<double>& weights, double share) {
  double largest = 0;
  for (const double weight : weights) largest = std::max(largest, std::abs(weight));
  std::vector<std::size_t> columns;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    if (std::abs(weights[j]) > share * largest) columns.push_back(j);
  }
  return columns;
}

}  // namespace deepmine
