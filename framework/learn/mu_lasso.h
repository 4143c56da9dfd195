#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// What a least-squares problem min |A w - b|^2 needs of its rows, for each of several targets b.
struct LeastSquares {
  Matrix<double> gram;             ///< A'A [m x m]
  Matrix<double> correlations;     ///< A'b [targets x m]
  std::vector<double> squares;     ///< b'b [targets]
  std::vector<std::uint8_t> dead;  ///< [m], not 0 for columns that are left out: their weight is 0

  /// `rows` A is [N x m], `targets` [N x targets]. Columns with entries other than 0 in less than the share
  /// `least_active` of the rows are dead. Costs N m^2. Throws `Error` for no row or column, entries that are not
  /// finite, and targets of another number of rows.
  /// Source: relevant-neurons, selection of neurons; differs from it in: units that hardly ever respond are left out,
  /// if asked for, because a few images then give them any weight.
  static LeastSquares of(MatrixView<double> rows, MatrixView<double> targets, double least_active = 0);
};

/// The minimum of f(w) = |A w - b|^2 / 2 over |w|_1 <= mu.
struct LassoSolution {
  double mu = 0;
  std::vector<double> weights;  ///< [m]
  double objective = 0;         ///< f(w)
  double gap = 0;               ///< f(w) is at most this far above the minimum: <g, w> + mu max |g_i|, g the gradient
  double slope = 0;             ///< max |g_i|; 0 (rounded) where the constraint does not bind
  bool binding = false;         ///< the constraint is: the least-squares weights have a larger norm
  std::size_t steps = 0;        ///< columns that joined or left up to here
};

/// A solution for each of `mus`, in their order, for one of the targets. Follows the minimum as mu grows from 0: it is
/// piecewise linear, and each piece ends where a column joins or leaves those with a weight. Columns that depend on
/// those with a weight stay without, so that of equal columns the first has it all.
/// Throws `Error` for a mu that is not above 0.
/// Source: Osborne, Presnell, Turlach 2000, and Efron et al. 2004 (LARS); relevant-neurons
/// solves the same problem by projected gradients, which stop far from the minimum.
std::vector<LassoSolution> mu_lasso(const LeastSquares& problem, std::size_t target, const std::vector<double>& mus);

/// The columns whose weight is above `share` of the largest, ascending: none if all are 0.
std::vector<std::size_t> relevant_columns(const std::vector<double>& weights, double share = 1e-3);

}  // namespace deepmine
