#pragma once

#include <string_view>

namespace deepmine {

/// One cell of a line of text.
struct CsvCell {
  /// Numbers first, from those that may be a name to those that are none.
  enum class Kind { kWhole, kWholeWithPoint, kFraction, kMissing, kText, kTooLarge, kNotHeld };

  std::string_view text;  ///< as it stands there
  Kind kind = Kind::kText;
  double value = 0;

  bool is_number() const { return kind <= Kind::kFraction; }
};

/// `kWhole`: 12, nan and inf, too; `kWholeWithPoint`: 12.0 or 1e3; `kMissing`: nothing, "" or NA; `kTooLarge`: for
/// float64; `kNotHeld`: a whole number, written digit by digit, that float64 would round to another.
CsvCell csv_cell(std::string_view text);

/// The cells of a line, from the left. What stands between quotes is one cell, commas and all.
class CsvCells {
 public:
  explicit CsvCells(std::string_view line) : rest_(line) {}

  bool more() const { return more_; }
  std::string_view next();

 private:
  std::string_view rest_;
  bool more_ = true;  ///< an empty line is one empty cell
};

/// The text without blanks and a line end around it.
std::string_view without_blanks(std::string_view text);

}  // namespace deepmine
