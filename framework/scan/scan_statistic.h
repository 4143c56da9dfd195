#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/scan/score_kernels.h"

namespace deepmine {

/// A nonparametric scan statistic phi(alpha, n_alpha, n): how surprising it is that `n_alpha` of
/// `n` p-values are at most alpha, when alpha * n are expected.
enum class ScanStatistic { kBerkJones, kHigherCriticism, kKolmogorovSmirnov };

/// All statistics, in the order in which they are listed to the user.
const std::vector<ScanStatistic>& scan_statistics();
/// "berk-jones", "higher-criticism" or "kolmogorov-smirnov".
std::string_view scan_statistic_name(ScanStatistic statistic);
/// Throws `Error` on unknown names, listing the known ones.
ScanStatistic parse_scan_statistic(std::string_view name);

/// One statistic at one alpha in [0, 1], with what depends only on them worked out once.
class AlphaScorer {
 public:
  AlphaScorer(ScanStatistic statistic, double alpha);

  double alpha() const { return alpha_; }
  /// The score in natural units, never negative; 0 unless `n_alpha` > `n` * alpha, and 0 for
  /// alpha = 1. It grows with `n_alpha` and falls with alpha.
  double operator()(std::uint64_t n_alpha, std::uint64_t n) const;
  /// Numbers that are at least the scores of subsets and at most `slack` of the largest above them,
  /// for many subsets sooner than their scores; returns the largest. `bounds` has room for as many
  /// numbers as the columns have.
  double upper_bounds(const kernels::SubsetColumns& subsets, double* bounds) const;
  /// How far an upper bound may lie above its score, where the subset has at most `n` p-values.
  double slack(double n) const { return 2 * unit_error_ * weight(n); }
  /// The score of `n` p-values that are all at most alpha > 0, the same number sooner.
  double all(std::uint64_t n) const;

 private:
  double berk_jones(double n_alpha, double n) const;
  double weight(double n) const;

  ScanStatistic statistic_;
  double alpha_;
  double log_inverse_;  ///< ln(1 / alpha)
  double log_rest_;     ///< ln(1 - alpha)
  double scale_;        ///< 1 / sqrt(alpha (1 - alpha)) for Higher Criticism, otherwise 1
  double unit_error_;   ///< above all rounding errors of a score of weight 1
};

/// phi(alpha, n_alpha, n) for `n_alpha` <= `n` p-values, 0 unless `n_alpha` > `n` * alpha:
///   Berk-Jones            n * KL(n_alpha / n, alpha), KL(x, y) = x ln(x/y) + (1-x) ln((1-x)/(1-y))
///   Higher Criticism      (n_alpha - n alpha) / sqrt(n alpha (1 - alpha))
///   Kolmogorov-Smirnov    (n_alpha - n alpha) / sqrt(n)
/// Source: deep-mining (Berk-Jones); McFowland, Speakman and Neill 2013 (the others);
/// differs from it in: nothing.
double scan_score(ScanStatistic statistic, std::uint64_t n_alpha, std::uint64_t n, double alpha);

inline double AlphaScorer::berk_jones(double n_alpha, double n) const {
  if (n_alpha == n) return n * log_inverse_;
  const double x = n_alpha / n;
  return n * (x * std::log(x / alpha_) + (1 - x) * std::log((1 - x) / (1 - alpha_)));
}

inline double AlphaScorer::operator()(std::uint64_t n_alpha, std::uint64_t n) const {
  const double observed = static_cast<double>(n_alpha);
  const double total = static_cast<double>(n);
  const double excess = observed - total * alpha_;
  if (!(observed > total * alpha_) || alpha_ >= 1) return 0;
  if (statistic_ == ScanStatistic::kKolmogorovSmirnov) return excess / std::sqrt(total);
  if (statistic_ == ScanStatistic::kHigherCriticism) {
    return excess / std::sqrt(total * alpha_ * (1 - alpha_));
  }
  return std::max(0.0, berk_jones(observed, total));
}

/// What a score is proportional to at a given share of small p-values.
inline double AlphaScorer::weight(double n) const {
  return statistic_ == ScanStatistic::kBerkJones ? n : std::sqrt(n) * scale_;
}

inline double AlphaScorer::all(std::uint64_t n) const {
  if (statistic_ == ScanStatistic::kBerkJones) return static_cast<double>(n) * log_inverse_;
  return (*this)(n, n);
}

}  // namespace deepmine
