#include "framework/learn/checked_rows.h"

#include <algorithm>
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

void ensure_both_kinds(const std::vector<std::uint8_t>& positive, std::string_view name) {
  const auto n_negative = static_cast<std::size_t>(std::count(positive.begin(), positive.end(), std::uint8_t{0}));
  ensure(n_negative > 0 && n_negative < positive.size(),
         "{}: expected positive and negative rows, found {} positive and {} negative", name,
         positive.size() - n_negative, n_negative);
}

std::vector<std::int64_t> distinct_labels(std::vector<std::int64_t> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

}  // namespace deepmine
