#include "framework/core/csv_names.h"

#include <algorithm>
#include <vector>

#include "framework/core/error.h"

namespace deepmine {
namespace {

using Kind = CsvCell::Kind;

constexpr std::size_t kExcerpt = 40;
constexpr std::string_view kBoth = "--skip-header --index-column";

/// The cells of a line, as many as are worth a look.
std::vector<CsvCell> cells_of(std::string_view line) {
  constexpr std::size_t kMost = 10000;
  std::vector<CsvCell> cells;
  for (CsvCells rest(line); rest.more() && cells.size() < kMost;) cells.push_back(csv_cell(rest.next()));
  return cells;
}

/// What separates the numbers of a line in place of commas; empty for commas.
std::string_view other_separator(std::string_view cell) {
  const std::string_view text = without_blanks(cell);
  if (text.substr(0, 1) == "\"" && text.find('"', 1) == text.size() - 1) return {};  // a name in which they may stand
  if (text.find(';') != std::string_view::npos) return "semicolons";
  if (text.find('\t') != std::string_view::npos) return "tabs";
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return {};
  const bool numbers =
      csv_cell(text.substr(0, blank)).is_number() && csv_cell(text.substr(text.rfind(' '))).is_number();
  return numbers ? "blanks" : std::string_view();
}

/// "0,5" between quotes, or a line in which commas are not what separates the numbers.
bool has_decimal_comma(std::string_view text) {
  for (std::size_t at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1)) {
    const auto is_digit = [&](std::size_t place) {
      return place < text.size() && text[place] >= '0' && text[place] <= '9';
    };
    if (at > 0 && is_digit(at - 1) && is_digit(at + 1)) return true;
  }
  return false;
}

void refuse_other_separators(const CsvCell& cell, std::string_view line, std::size_t number, std::string_view name) {
  const std::string_view separator = other_separator(cell.text), excerpt = without_blanks(line).substr(0, kExcerpt);
  const bool decimal = has_decimal_comma(separator.empty() ? cell.text : line);
  ensure(separator.empty(),
         "{}: line {}: expected numbers separated by commas and no header, found {} between them{} in {:?}; write it "
         "with commas{}",
         name, number, separator, decimal ? " and decimal commas" : "", excerpt, decimal ? " and decimal points" : "");
  ensure(!decimal || cell.is_number(),
         "{}: line {}: expected numbers with a decimal point, found a decimal comma in {:?}; write it with points and "
         "without "
         "quotes",
         name, number, without_blanks(cell.text).substr(0, kExcerpt));
}

/// Whether the numbers from the second cell on count themselves.
bool count_columns(const std::vector<CsvCell>& cells) {
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const double expected = cells[1].value + static_cast<double>(i - 1);
    if (cells[i].kind != Kind::kWhole || cells[i].value != expected) return false;
  }
  return true;
}

/// The options that leave out the names in a first line that is none of numbers; empty when there are no names.
std::string_view options_for(std::string_view line, std::string_view next) {
  const std::vector<CsvCell> cells = cells_of(line), below = cells_of(next);
  const bool text_below = below[0].kind == Kind::kText;
  const auto is_number = [](const CsvCell& cell) { return cell.is_number(); };
  if (cells.size() > 1 && std::all_of(cells.begin() + 1, cells.end(), is_number)) {
    // The index, which often has no name, and numbers of columns; or a row with its name.
    if (count_columns(cells) && (cells.size() > 2 || !text_below)) return kBoth;
    return cells[0].kind == Kind::kText ? "--index-column" : std::string_view();
  }
  if (std::none_of(cells.begin(), cells.end(), [](const CsvCell& cell) { return cell.kind == Kind::kText; })) return {};
  const bool names_rows =
      cells[0].kind == Kind::kMissing || text_below || (cells.size() > 1 && below.size() == cells.size() + 1);
  return names_rows && below.size() > 1 ? kBoth : "--skip-header";
}

}  // namespace

void CsvNames::add(const CsvCell& cell) {
  const bool whole = cell.kind != Kind::kFraction, bare = cell.kind == Kind::kWhole;
  if (rows_ == 0 && column_ == 0) first_ = cell.value;
  if (rows_ == 0) {
    counts_columns_ = counts_columns_ && whole && cell.value == first_ + static_cast<double>(column_);
    bare_header_ = bare_header_ && bare;
  } else {
    below_.add(cell.kind);
  }
  if (column_ == 0) {
    counts_rows_ = counts_rows_ && whole && cell.value == first_ + static_cast<double>(rows_);
    bare_index_ = bare_index_ && bare;
  } else {
    beside_.add(cell.kind);
  }
  ++column_;
}

void CsvNames::end_row() {
  columns_ = column_;
  column_ = 0;
  ++rows_;
}

void refuse_cell(const CsvCell& cell, std::size_t column, std::string_view line, std::string_view next,
                 std::size_t number, const CsvLayout& layout, std::string_view name) {
  const std::string_view excerpt = cell.text.substr(0, kExcerpt);
  ensure(cell.kind != Kind::kTooLarge, "{}: line {}: expected a number that float64 can hold, found {:?}", name, number,
         without_blanks(excerpt));
  ensure(cell.kind != Kind::kNotHeld,
         "{}: line {}: expected whole numbers that float64 holds (all up to 2^53), found {:?}; subtract what they "
         "have in common, or save them as int64 .npy",
         name, number, without_blanks(excerpt));
  refuse_other_separators(cell, line, number, name);
  const bool first_line = number == 1 && !layout.skip_header;
  const std::string_view options = !first_line                ? std::string_view()
                                   : !layout.index_column     ? options_for(line, next)
                                   : cell.kind == Kind::kText ? "--skip-header"
                                                              : "";
  ensure(options.empty(),
         "{}: line {}: expected numbers separated by commas and no header, found {:?}, a name; give {}", name, number,
         excerpt, options);
  const bool row_name = column == 0 && !layout.index_column && cell.kind == Kind::kText;
  ensure(!row_name,
         "{}: line {}: expected numbers separated by commas, found {:?}, the name of a row; give --index-column", name,
         number, excerpt);
  ensure(cell.kind != Kind::kMissing,
         "{}: line {}: expected a number in every cell, found {:?} in column {}; fill in what is missing, or "
         "leave that row out",
         name, number, excerpt, column + 1);
  fail("{}: line {}: expected numbers separated by commas and no header, found {:?}; mend that cell", name, number,
       excerpt);
}

}  // namespace deepmine
