#include "framework/learn/checked_rows.h"

#include <cmath>

#include "framework/core/error.h"

namespace deepmine {
namespace {

void ensure_finite(MatrixView<double> rows, std::string_view name) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ensure(std::isfinite(rows.data()[i]), "{}: expected finite numbers, found {} in row {}, column {}", name,
           rows.data()[i], i / rows.cols(), i % rows.cols());
  }
}

}  // namespace

void ensure_rows(MatrixView<double> rows, std::string_view name) {
  ensure(rows.size() > 0, "{}: expected at least one row and one column, found {} x {}", name, rows.rows(),
         rows.cols());
  ensure_finite(rows, name);
}

void ensure_rows_like(MatrixView<double> rows, std::size_t columns, std::string_view name) {
  ensure(rows.cols() == columns, "{}: expected {} columns, as the learner was fitted to, found {}", name, columns,
         rows.cols());
  ensure_finite(rows, name);
}

void ensure_one_each(std::size_t rows, std::size_t found, std::string_view name) {
  ensure(rows == found, "{}: expected one for each of {} rows, found {}", name, rows, found);
}

}  // namespace deepmine
