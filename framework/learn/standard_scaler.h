#pragma once

#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// Each feature less its mean, divided by its standard deviation over the rows it was fitted to.
struct StandardScaler {
  std::vector<double> means;   ///< [d]
  std::vector<double> scales;  ///< [d], the population standard deviation; 1 for a constant feature

  /// Fitted to `rows` [n x d]. A feature counts as constant where its values are equal, or differ by no more than the
  /// rounding of their sum; equal values become exactly 0. Throws `Error` for no row or column and entries that are not
  /// finite.
  /// Source: the StandardScaler that uniform-svdd's code uses; differs from it in: equal values whose mean rounds to
  /// another number become 0 as well.
  static StandardScaler fit(MatrixView<double> rows);

  /// `rows` [m x d] scaled. Throws `Error` for another number of columns and entries that are not finite.
  Matrix<double> transform(MatrixView<double> rows) const;
};

/// The width "scale" of an RBF kernel exp(-gamma |x - z|^2) for `rows` [n x d]: 1 / (d times the variance of all
/// entries), 1 where all entries are equal. Throws `Error` like `StandardScaler::fit`.
/// Source: uniform-svdd, one-class machine (its s^2 is d Var); differs from it in: nothing.
double scale_gamma(MatrixView<double> rows);

}  // namespace deepmine
