#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "framework/core/array.h"
#include "framework/core/file.h"

namespace deepmine {

/// Parses numbers separated by commas, one row a line: a float64 array [rows x columns]. Blanks around numbers, Windows
/// line ends and blank lines at the end are skipped; `nan` and `inf` are numbers here. Throws `Error` naming `name`,
/// the line, what was found and the cure for anything else: names of columns or rows, other separators, decimal commas,
/// whole numbers that float64 does not hold, and numbers that must be names. Those are a first line of whole numbers
/// that count the columns, or a first column that counts the rows, while the others have fractions.
Array parse_csv(std::string_view text, std::string_view name, const CsvLayout& layout = {});

/// The same of a file. Throws `Error` also when the memory does not hold its text and its numbers.
Array read_csv(const InputFile& file, const CsvLayout& layout = {});

/// The array [rows x columns], or [rows] as one column, as text that parses to the same numbers.
/// Throws `Error` for other shapes and for arrays without entries, which `.csv` cannot hold.
std::string format_csv(const Array& array, std::string_view name);

}  // namespace deepmine
