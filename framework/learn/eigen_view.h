#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

// Our arrays as Eigen sees them, without a copy. For sources of this layer: no header of ours names Eigen, whose
// templates cost seconds a file.

using EigenRows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Index eigen_size(std::size_t size) { return static_cast<Eigen::Index>(size); }

inline Eigen::Map<const EigenRows> eigen_view(MatrixView<double> rows) {
  return {rows.data(), eigen_size(rows.rows()), eigen_size(rows.cols())};
}
inline Eigen::Map<EigenRows> eigen_view(Matrix<double>& rows) {
  return {rows.data(), eigen_size(rows.rows()), eigen_size(rows.cols())};
}
inline Eigen::Map<const Eigen::VectorXd> eigen_view(const std::vector<double>& values) {
  return {values.data(), eigen_size(values.size())};
}
inline Eigen::Map<const Eigen::VectorXd> eigen_row(MatrixView<double> rows, std::size_t i) {
  return {rows.row(i), eigen_size(rows.cols())};
}

/// The squared Euclidean distance of two rows of equal length; exactly 0 for equal rows.
inline double squared_distance(const double* a, const double* b, std::size_t size) {
  using Row = Eigen::Map<const Eigen::ArrayXd>;
  return (Row(a, eigen_size(size)) - Row(b, eigen_size(size))).square().sum();
}

}  // namespace deepmine
