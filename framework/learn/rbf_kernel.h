#pragma once

#include <cstddef>
#include <list>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// K(x, z) = exp(-gamma |x - z|^2) between any x and fixed points z. A value depends on x and z alone, not on where
/// they stand among others, and is exactly 1 where they are equal.
class RbfKernel {
 public:
  /// `points` [n x d] are copied.
  RbfKernel(MatrixView<double> points, double gamma);

  std::size_t points() const { return features_.cols(); }
  std::size_t dimensions() const { return features_.rows(); }
  /// K(x, each point) to `values` [n]; `x` has d entries.
  void values(const double* x, double* values) const;
  /// sum_i weights_i K(x, point i)
  double weighted_sum(const double* x, const std::vector<double>& weights) const;

 private:
  Matrix<double> features_;  ///< [d x n]: one feature of all points after the other
  double gamma_;
};

/// Rows of the kernel matrix of points among themselves, computed when they are asked for; as many are kept as
/// `bytes` hold, at least two, those asked for last.
class KernelCache {
 public:
  KernelCache(MatrixView<double> points, double gamma, std::size_t bytes);

  /// K(point i, each point), [n]; it stays until two other rows have been asked for.
  const double* row(std::size_t i);
  std::size_t computed() const { return computed_; }

 private:
  struct Kept {
    std::size_t point;
    std::vector<double> values;
  };

  MatrixView<double> points_;
  RbfKernel kernel_;
  std::size_t capacity_, computed_ = 0;
  std::list<Kept> kept_;                          ///< the one asked for last comes first
  std::vector<std::list<Kept>::iterator> place_;  ///< [n], the end for rows that are not kept
};

}  // namespace deepmine
