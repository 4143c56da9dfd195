#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// How the covariances of the classes are put together.
enum class TiedCovariance {
  kClassCovariances,  ///< the sum of each class's unbiased covariance, divided by the number of rows (uniform-svdd)
  kScatter,           ///< the squares of all rows less their class's mean, divided by the number of rows (Lee et al.)
};

/// One Gaussian a class, all of one covariance, which may be singular.
/// Source: Lee et al. 2018, section 2.1; uniform-svdd's code for `kClassCovariances`, whose class sizes are missing.
struct TiedGaussian {
  std::vector<std::int64_t> classes;  ///< [C], those with a row, ascending
  Matrix<double> means;               ///< [C x d]
  Matrix<double> covariance;          ///< [d x d]
  Matrix<double> whitening;           ///< W [rank x d]; W'W is the covariance's pseudo-inverse

  /// Fitted to `rows` [n x d] and their `labels` [n]. A class of one row adds no covariance. Of the covariance's
  /// eigenvalues those up to 1e-12 of the largest count as 0: along their directions rows have no distance. Throws
  /// `Error` for no row or column, entries that are not finite, and labels that are not one each.
  static TiedGaussian fit(MatrixView<double> rows, const std::vector<std::int64_t>& labels,
                          TiedCovariance covariance = TiedCovariance::kClassCovariances);

  /// The rank of the covariance.
  std::size_t rank() const { return whitening.rows(); }

  /// Squared Mahalanobis distances [m x C] of `rows` [m x d] to the classes' means, not negative. Throws `Error` for
  /// another number of columns and entries that are not finite.
  Matrix<double> distances(MatrixView<double> rows) const;
};

}  // namespace deepmine
