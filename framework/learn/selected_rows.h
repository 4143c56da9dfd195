#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The rows `which` of `rows`, in that order.
inline Matrix<double> selected_rows(MatrixView<double> rows, const std::vector<std::size_t>& which) {
  Matrix<double> selected(which.size(), rows.cols());
  for (std::size_t i = 0; i < which.size(); ++i) std::copy_n(rows.row(which[i]), rows.cols(), selected.row(i));
  return selected;
}

/// Which rows are of each class, ascending, when `classes` are those of rows.
inline std::map<std::int64_t, std::vector<std::size_t>> rows_by_class(const std::vector<std::int64_t>& classes) {
  std::map<std::int64_t, std::vector<std::size_t>> result;
  for (std::size_t i = 0; i < classes.size(); ++i) result[classes[i]].push_back(i);
  return result;
}

}  // namespace deepmine
