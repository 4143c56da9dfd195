#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// A sum of equal Gaussians around points.
struct KernelDensity {
  Matrix<double> points;  ///< [n x d]
  double bandwidth = 1;   ///< their standard deviation, in units of the features

  /// Throws `Error` for no point or column, entries that are not finite, and a bandwidth that is not above 0.
  static KernelDensity fit(MatrixView<double> points, double bandwidth);

  /// The logarithm of the density at each of `rows` [m x d], finite also where the density itself is not a double:
  /// the largest term of the sum is taken out of it. The result does not depend on `threads`. Throws `Error` for
  /// another number of columns and entries that are not finite.
  /// Source: Feinman et al. 2017, density estimates; differs from it in: none of the terms is left out, as their
  /// library's tree leaves out those far away.
  std::vector<double> log_density(MatrixView<double> rows, std::size_t threads = 1) const;
};

/// A density for each class.
struct ClassKernelDensity {
  std::vector<std::int64_t> classes;     ///< [C], those with a point, ascending
  std::vector<KernelDensity> densities;  ///< [C]

  /// Throws `Error` like `KernelDensity::fit` and for labels that are not one for each of `points`.
  static ClassKernelDensity fit(MatrixView<double> points, const std::vector<std::int64_t>& labels, double bandwidth);

  /// The logarithm of the density of each row's class, -infinity for a class without a point. `classes_of_rows` are one
  /// for each of `rows`: else throws `Error`, and like `KernelDensity::log_density`.
  std::vector<double> log_density(MatrixView<double> rows, const std::vector<std::int64_t>& classes_of_rows,
                                  std::size_t threads = 1) const;
};

/// The bandwidth for numbers: their standard deviation (of n - 1) times n^(-1/5). Throws `Error` for fewer than two
/// values, entries that are not finite, and values that are all equal. Source: Scott 1992, for one dimension.
double scott_bandwidth(const std::vector<double>& values);

/// The area that two densities share, 0 ... 1: of their smaller values at the ascending places `grid`, by trapezoids.
/// Throws `Error` unless there is a value of both at each place, and places ascend.
double overlap_coefficient(const std::vector<double>& a, const std::vector<double>& b, const std::vector<double>& grid);

}  // namespace deepmine
