#include "framework/learn/one_class_svm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/parallel_blocks.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"
#include "framework/learn/rbf_kernel.h"
#include "framework/learn/selected_rows.h"
#include "framework/learn/standard_scaler.h"

namespace deepmine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastCurvature = 1e-12;     ///< of a pair of equal rows
constexpr double kLeastTolerance = 1e-10;    ///< rounding is below
constexpr std::size_t kShrinkEvery = 1000;    ///< pairs
constexpr std::size_t kMaxPairs = 100000000;  ///< never met; the gap would tell
constexpr std::size_t kBlock = 64;            ///< rows a thread scores at once

/// The rows, those farthest from their mean first: where most support vectors are.
std::vector<std::size_t> from_outside_in(MatrixView<double> rows) {
  const Eigen::VectorXd mean = eigen_view(rows).colwise().mean();
  std::vector<double> distances(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) distances[i] = squared_distance(rows.row(i), mean.data(), rows.cols());
  std::vector<std::size_t> order(rows.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto farther = [&](std::size_t a, std::size_t b) { return distances[a] > distances[b]; };
  std::stable_sort(order.begin(), order.end(), farther);
  return order;
}

/// Sequential minimal optimization.
class Solver {
 public:
  Solver(MatrixView<double> rows, double gamma, const OneClassOptions& options)
      : cache_(rows, gamma, options.cache_bytes), alphas_(rows.rows(), 0.0), slopes_(rows.rows(), 0.0) {
    double left = options.nu * static_cast<double>(rows.rows());
    for (const std::size_t i : from_outside_in(rows)) {
      alphas_[i] = std::min(1.0, left);
      left -= alphas_[i];
      if (left <= 0) break;
    }
    activate_all();
    add_slopes();
  }

  void solve(double tolerance) {
    for (std::size_t until_shrinking = shrink_period(); pairs_ < kMaxPairs; ++pairs_) {
      if (until_shrinking-- == 0) {
        throw_if_interrupted();
        shrink();
        until_shrinking = shrink_period();
      }
      Pair pair;
      if (!select(tolerance, pair)) {
        if (active_.size() == alphas_.size()) return;
        unshrink();
        if (!select(tolerance, pair)) return;
      }
      move(pair);
    }
  }

  const std::vector<double>& alphas() const { return alphas_; }
  const std::vector<double>& slopes() const { return slopes_; }
  std::size_t pairs() const { return pairs_; }

  /// Between the steepest that may still shrink and the steepest that may still grow; -infinity where one is missing.
  double gap() const {
    const auto [least, most] = extremes();
    return most - least;
  }

 private:
  struct Pair {
    std::size_t up = 0, down = 0;
  };

  std::size_t shrink_period() const { return std::min(kShrinkEvery, alphas_.size()); }

  void activate_all() {
    active_.resize(alphas_.size());
    std::iota(active_.begin(), active_.end(), std::size_t{0});
  }

  /// Adds K a to the slopes of active rows.
  void add_slopes() {
    for (std::size_t j = 0; j < alphas_.size(); ++j) {
      if (alphas_[j] == 0) continue;
      const double* kernel = cache_.row(j);
      for (const std::size_t i : active_) slopes_[i] += alphas_[j] * kernel[i];
    }
  }

  /// Of active rows the least slope that may grow and the largest that may shrink.
  std::pair<double, double> extremes() const {
    double least = kInfinity, most = -kInfinity;
    for (const std::size_t i : active_) {
      if (alphas_[i] < 1) least = std::min(least, slopes_[i]);
      if (alphas_[i] > 0) most = std::max(most, slopes_[i]);
    }
    return {least, most};
  }

  /// The pair that gains most to second order with the alpha that gains most to first; false if none gains enough.
  bool select(double tolerance, Pair& pair) {
    double least = kInfinity, most = -kInfinity;
    for (const std::size_t i : active_) {
      if (alphas_[i] < 1 && slopes_[i] < least) least = slopes_[i], pair.up = i;
      if (alphas_[i] > 0) most = std::max(most, slopes_[i]);
    }
    if (!(most - least > tolerance)) return false;
    const double* kernel = cache_.row(pair.up);
    double best = 0;
    for (const std::size_t i : active_) {
      const double slope = slopes_[i] - least;
      if (alphas_[i] == 0 || slope <= 0) continue;
      const double gain = slope * slope / std::max(kLeastCurvature, 2 - 2 * kernel[i]);
      if (gain > best) best = gain, pair.down = i;
    }
    return true;
  }

  void move(const Pair& pair) {
    const double* up = cache_.row(pair.up);
    const double* down = cache_.row(pair.down);
    double& grown = alphas_[pair.up];
    double& shrunk = alphas_[pair.down];
    const double best = (slopes_[pair.down] - slopes_[pair.up]) / std::max(kLeastCurvature, 2 - 2 * up[pair.down]);
    const double step = std::min({best, 1 - grown, shrunk});
    grown = step == 1 - grown ? 1 : grown + step;
    shrunk = step == shrunk ? 0 : shrunk - step;
    for (const std::size_t i : active_) slopes_[i] += step * (up[i] - down[i]);
  }

  /// Sets aside alphas at a bound that no pair of active ones would take away from it.
  void shrink() {
    const auto [least, most] = extremes();
    const auto settled = [&, low = least, high = most](std::size_t i) {
      return alphas_[i] == 0 ? slopes_[i] > high : alphas_[i] == 1 && slopes_[i] < low;
    };
    active_.erase(std::remove_if(active_.begin(), active_.end(), settled), active_.end());
  }

  /// Brings back what was set aside, with the slopes it has now.
  void unshrink() {
    std::vector<std::size_t> aside;
    std::size_t next = 0;
    for (std::size_t i = 0; i < alphas_.size(); ++i) {
      const bool is_active = next < active_.size() && active_[next] == i;
      is_active ? static_cast<void>(++next) : aside.push_back(i);
    }
    active_ = std::move(aside);
    for (const std::size_t i : active_) slopes_[i] = 0;
    add_slopes();
    activate_all();
  }

  KernelCache cache_;
  std::vector<double> alphas_, slopes_;  ///< [n]; the slopes K a are the scores of the rows
  std::vector<std::size_t> active_;      ///< ascending
  std::size_t pairs_ = 0;
};

/// See `OneClassSvm::rho`.
double boundary(const std::vector<double>& alphas, const std::vector<double>& slopes) {
  double sum = 0, low = -kInfinity, high = kInfinity;
  std::size_t free = 0;
  for (std::size_t i = 0; i < alphas.size(); ++i) {
    if (alphas[i] == 0) high = std::min(high, slopes[i]);
    else if (alphas[i] == 1) low = std::max(low, slopes[i]);
    else sum += slopes[i], ++free;
  }
  if (free > 0) return sum / static_cast<double>(free);
  return high == kInfinity ? low : (low + high) / 2;
}

void ensure_options(const OneClassOptions& options, double gamma) {
  ensure(options.nu > 0 && options.nu <= 1, "nu: expected a number in (0, 1], found {}", options.nu);
  ensure(std::isfinite(gamma) && gamma > 0, "gamma: expected a number above 0, found {}", gamma);
  ensure(options.tolerance >= kLeastTolerance, "tolerance of a one-class SVM: expected at least {}, found {}",
         kLeastTolerance, options.tolerance);
}

}  // namespace

OneClassSvm OneClassSvm::fit(MatrixView<double> rows, const OneClassOptions& options) {
  ensure_rows(rows, "features of a one-class SVM");
  OneClassSvm fitted;
  fitted.gamma = options.gamma ? *options.gamma : scale_gamma(rows);
  ensure_options(options, fitted.gamma);
  Solver solver(rows, fitted.gamma, options);
  solver.solve(options.tolerance);
  std::vector<std::size_t> support;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const double alpha = solver.alphas()[i];
    if (alpha == 0) continue;
    support.push_back(i);
    fitted.alphas.push_back(alpha);
    fitted.bounded += alpha == 1 ? 1U : 0U;
    fitted.objective += alpha * solver.slopes()[i] / 2;
  }
  fitted.support = selected_rows(rows, support);
  fitted.rho = boundary(solver.alphas(), solver.slopes());
  const auto [lowest, highest] = std::minmax_element(solver.slopes().begin(), solver.slopes().end());
  fitted.lowest = *lowest;
  fitted.highest = *highest;
  fitted.gap = solver.gap();
  fitted.iterations = solver.pairs();
  return fitted;
}

std::vector<double> OneClassSvm::scores(MatrixView<double> rows, std::size_t threads) const {
  ensure_rows_like(rows, support.cols(), "features of a one-class SVM");
  const RbfKernel kernel(support, gamma);
  std::vector<double> result(rows.rows());
  parallel_blocks(rows.rows(), kBlock, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) result[i] = kernel.weighted_sum(rows.row(i), alphas);
  });
  return result;
}

}  // namespace deepmine
