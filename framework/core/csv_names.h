#pragma once

#include <cstddef>
#include <string_view>

#include "framework/core/array.h"
#include "framework/core/csv_cell.h"

namespace deepmine {

/// Watches the rows of a text for numbers that are names: a first row that counts the columns and a first column that
/// counts the rows, 0, 1, 2, ... or from another whole number on, as numpy, pandas and R write them. They may be data
/// where nothing else is written as a fraction, and where there is only one column or row.
class CsvNames {
 public:
  /// The next cell of a row, a number.
  void add(const CsvCell& cell);
  /// Every row has as many cells as the first.
  void end_row();

  bool header() const {
    return rows_ > 1 && columns_ > 1 && counts_columns_ && below_.tell(columns_, first_, bare_header_);
  }
  bool index() const { return rows_ > 1 && columns_ > 1 && counts_rows_ && beside_.tell(rows_, first_, bare_index_); }
  /// The numbers that a header, or an index, starts with.
  double first() const { return first_; }

 private:
  using Kind = CsvCell::Kind;

  /// How the other numbers are written.
  struct Others {
    Kind most = Kind::kWhole, least = Kind::kFraction;  ///< the nearest to a fraction, and the farthest from one

    void add(Kind kind) {
      most = kind > most ? kind : most;
      least = kind < least ? kind : least;
    }
    /// Whether `count` whole numbers from `first` on, `bare` without a point, are names. By chance two numbers may
    /// count themselves, so all others must differ from them then.
    bool tell(std::size_t count, double first, bool bare) const {
      const Kind needed = bare ? Kind::kWholeWithPoint : Kind::kFraction;
      if (count > 2) return most >= needed;
      return count == 2 && (first == 0 || first == 1) && least >= needed;
    }
  };

  double first_ = 0;
  std::size_t rows_ = 0, columns_ = 0;
  std::size_t column_ = 0;  ///< of the next cell
  bool counts_columns_ = true, counts_rows_ = true, bare_header_ = true, bare_index_ = true;
  Others below_, beside_;
};

/// Throws `Error` for a cell that is no number: says whether it is the name of a column or a row, a missing value, or a
/// sign of other separators. `line` is the whole line, the `number`-th of the text, `next` the one after it; `column`
/// counts the cells that are read.
[[noreturn]] void refuse_cell(const CsvCell& cell, std::size_t column, std::string_view line, std::string_view next,
                              std::size_t number, const CsvLayout& layout, std::string_view name);

}  // namespace deepmine
