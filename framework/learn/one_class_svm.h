#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

struct OneClassOptions {
  double nu = 0.1;              ///< bounded support vectors <= nu n <= support vectors; in (0, 1]
  std::optional<double> gamma;  ///< of the kernel exp(-gamma |x - z|^2), above 0; none: `scale_gamma` of the rows
  double tolerance = 1e-3;      ///< the gap at which it stops, see `OneClassSvm::gap`; at least 1e-10
  std::size_t cache_bytes = std::size_t{128} << 20;  ///< for rows of the kernel matrix
};

/// The nu one-class support vector machine with an RBF kernel: a score that is high where its training rows were.
///
/// Minimises a'Ka / 2 over 0 <= a_i <= 1, sum a_i = nu n, two alphas at a time: of those that may grow the one with
/// the steepest slope, with it that of those that may shrink which gains most to second order (Fan, Chen, Lin 2005,
/// WSS 2). Alphas that stay at their bounds are set aside meanwhile (shrinking) and judged again before it ends. As
/// K(x, x) = 1, the distance from the centre of the smallest ball around the rows in feature space (SVDD, Tax and
/// Duin 2004) is a decreasing function of the score: |phi(x) - centre|^2 = 1 - 2 score / (nu n) + constant.
/// Source: Schoelkopf et al. 2001, in the scaling of libsvm; uniform-svdd, one-class machine. differs from libsvm in:
/// it starts with the rows farthest from their mean, not the first ones, and its kernel values are float64.
struct OneClassSvm {
  Matrix<double> support;      ///< [s x d], the rows with an alpha above 0
  std::vector<double> alphas;  ///< [s], in (0, 1]; their sum is nu n
  double gamma = 1;
  double rho = 0;              ///< rows with lower scores are outside. The mean score of support vectors with alpha
                               ///< below 1; without any the middle of what the others allow, or their largest score
  double lowest = 0, highest = 0;  ///< of the training rows' scores
  std::size_t bounded = 0;     ///< support vectors whose alpha is 1
  double gap = 0;              ///< the largest score with alpha above 0 less the smallest with alpha below 1: how far
                               ///< from the minimum it stopped; -infinity if all alphas are 1
  double objective = 0;        ///< a'Ka / 2
  std::size_t iterations = 0;  ///< pairs of alphas changed

  /// Fitted to `rows` [n x d]. Throws `Error` for no row or column, entries that are not finite, and options out of
  /// their range; `Interrupted` after an interrupt.
  static OneClassSvm fit(MatrixView<double> rows, const OneClassOptions& options);

  /// sum_i alpha_i K(x_i, x) of each of `rows` [m x d], higher for rows that are more like the training rows. The
  /// result does not depend on `threads`. Throws `Error` for another number of columns and entries that are not finite.
  std::vector<double> scores(MatrixView<double> rows, std::size_t threads = 1) const;
};

}  // namespace deepmine
