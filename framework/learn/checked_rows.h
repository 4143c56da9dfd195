#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

// What every learner asks of its inputs, one a row. `name` is for messages: "training features".

/// Throws `Error` unless there is a row and a column and every entry is finite, naming the first that is not.
void ensure_rows(MatrixView<double> rows, std::string_view name);

/// Throws `Error` unless every entry is finite and there are `columns` of them a row; no row at all is fine.
void ensure_rows_like(MatrixView<double> rows, std::size_t columns, std::string_view name);

/// Throws `Error` unless some rows are positive (not 0) and some negative.
void ensure_both_kinds(const std::vector<std::uint8_t>& positive, std::string_view name);

/// The different labels, ascending.
std::vector<std::int64_t> distinct_labels(std::vector<std::int64_t> labels);

/// Throws `Error` unless there is one label, weight or the like for each of `rows`.
void ensure_one_each(std::size_t rows, std::size_t found, std::string_view name);

}  // namespace deepmine
