#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The rows `which` of `rows`, in that order.
inline Matrix<double> selected_rows(MatrixView<double> rows, const std::vector<std::size_t>& which) {
  Matrix<double> selected(which.size(), rows.cols());
  for (std::size_t i = 0; i < which.size(); ++i) std::copy_n(rows.row(which[i]), rows.cols(), selected.row(i));
  return selected;
}

}  // namespace deepmine
