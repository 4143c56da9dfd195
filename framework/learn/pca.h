#pragma once

#include <cstddef>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The directions in which rows vary most.
struct Pca {
  std::vector<double> means;      ///< [d]
  Matrix<double> components;      ///< [k x d], orthonormal, by descending variance; the largest entry positive
  std::vector<double> variances;  ///< [k], of the rows along each, over n - 1
  double total_variance = 0;      ///< along all d

  /// The `count` first directions of `rows` [n x d], fewer where the rows vary in fewer: a direction counts if it has
  /// more than 1e-12 of the largest variance. Costs n d min(n, d). Throws `Error` for fewer than two rows, no column,
  /// entries that are not finite, and count = 0.
  /// Source: Pearson 1901; differs from it in: the sign, which is arbitrary there, is fixed.
  static Pca fit(MatrixView<double> rows, std::size_t count);

  /// The coordinates [m x k] of `rows` [m x d]. Throws `Error` for another number of columns and entries not finite.
  Matrix<double> transform(MatrixView<double> rows) const;
};

}  // namespace deepmine
