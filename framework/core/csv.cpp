#include "framework/core/csv.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include "framework/core/csv_cell.h"
#include "framework/core/csv_names.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"

namespace deepmine {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kExcerpt = 40;

/// How many numbers a text has at most.
std::size_t most_numbers(std::string_view text) {
  return 1 + static_cast<std::size_t>(
                 std::count_if(text.begin(), text.end(), [](char c) { return c == ',' || c == '\n'; }));
}

void ensure_memory_for(std::size_t bytes, const InputFile& file) {
  ensure_memory(held_memory() + bytes,
                fmt::format("{} takes that much to read, give a smaller file or .npy, or a machine or job with more",
                            file.path().string()));
}

/// The lines of a text, less those that are blank at its end.
class Lines {
 public:
  Lines(std::string_view text, std::string_view name) {
    if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    ensure(last != std::string_view::npos,
           "{}: expected at least one row of numbers, found an empty file; write it again", name);
    rest_ = text.substr(0, last + 1);
  }

  bool more() const { return !rest_.empty(); }
  std::string_view rest() const { return rest_; }
  /// How many have been taken.
  std::size_t taken() const { return taken_; }
  std::string_view peek() const { return rest_.substr(0, rest_.find('\n')); }
  std::string_view take() {
    const std::string_view line = peek();
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    ++taken_;
    return line;
  }

 private:
  std::string_view rest_;
  std::size_t taken_ = 0;
};

/// The layout of a file of one axis: names are left out as far as there are more lines and cells than numbers wanted.
CsvLayout fitted(const CsvLayout& layout, std::string_view text) {
  if (!layout.count) return layout;
  const auto lines = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  std::size_t cells = 0;
  for (CsvCells last(text.substr(text.rfind('\n') + 1)); last.more(); ++cells) last.next();
  for (const bool header : {false, true}) {
    for (const bool index : {false, true}) {
      if ((header && !layout.skip_header) || (index && !layout.index_column)) continue;
      const std::size_t rows = lines - (header ? 1 : 0), columns = cells - (index ? 1 : 0);
      if (rows * columns == *layout.count) return {header, index, layout.count};
    }
  }
  return layout;
}

/// Reads the rows of one text.
class RowReader {
 public:
  RowReader(std::string_view text, std::string_view name, const CsvLayout& layout)
      : lines_(text, name), name_(name), layout_(fitted(layout, lines_.rest())) {}

  Array array() {
    if (layout_.skip_header) skip_header();
    values_.reserve(most_numbers(lines_.rest()));
    std::size_t rows = 0;
    for (; lines_.more(); ++rows) {
      throw_if_interrupted();
      read_row(lines_.take());
    }
    refuse_names();
    return {{rows, columns_}, std::move(values_)};
  }

 private:
  void skip_header() {
    const std::string_view line = lines_.take();
    bool numbers = true, fraction = false;
    for (CsvCells cells(line); cells.more();) {
      const CsvCell cell = csv_cell(cells.next());
      numbers = numbers && cell.is_number();
      fraction = fraction || cell.kind == CsvCell::Kind::kFraction;
    }
    ensure(!numbers || !fraction,
           "{}: line 1: expected names of columns as --skip-header says, found numbers, {:?}; leave the option out, or "
           "write all .csv files with a header",
           name_, line.substr(0, kExcerpt));
    ensure(lines_.more(), "{}: expected at least one row of numbers below the header, found none; write it again",
           name_);
  }

  void read_row(std::string_view line) {
    CsvCells cells(line);
    if (layout_.index_column) skip_name(cells);
    std::size_t found = 0;
    for (; cells.more(); ++found) {
      const CsvCell cell = csv_cell(cells.next());
      if (!cell.is_number()) refuse_cell(cell, found, line, lines_.peek(), lines_.taken(), layout_, name_);
      names_.add(cell);
      values_.push_back(cell.value);
    }
    names_.end_row();
    if (columns_ == 0) columns_ = found;
    if (found != columns_) refuse_length(found);
  }

  void skip_name(CsvCells& cells) {
    const CsvCell cell = csv_cell(cells.next());
    ensure(cell.kind != CsvCell::Kind::kFraction,
           "{}: line {}: expected the name of a row as --index-column says, found the number {:?}; leave the option "
           "out, or write all .csv files with an index",
           name_, lines_.taken(), cell.text.substr(0, kExcerpt));
    ensure(cells.more(),
           "{}: line {}: expected numbers after the name of the row, found none; leave --index-column out", name_,
           lines_.taken());
  }

  [[noreturn]] void refuse_length(std::size_t found) const {
    const std::size_t first = layout_.skip_header ? 2 : 1;
    const bool unnamed_index = first == 1 && lines_.taken() == 2 && found == columns_ + 1 && !layout_.index_column;
    fail("{}: line {}: expected {} numbers as in line {}, found {}; {}", name_, lines_.taken(), columns_, first, found,
         unnamed_index
             ? "if line 1 names the columns and the others start with an index, give --skip-header --index-column"
             : "write the missing ones, or leave that row out");
  }

  void refuse_names() const {
    constexpr const char* kDoubt = "or save the file as .npy if they are data";
    ensure(layout_.skip_header || !names_.header(),
           "{}: line 1: expected numbers like those below it, found {}, {}, ..., which count the columns as "
           "a header does; give --skip-header, {}",
           name_, names_.first(), names_.first() + 1, kDoubt);
    ensure(layout_.index_column || !names_.index(),
           "{}: column 1: expected numbers like those beside it, found {}, {}, ... from line {} on, which count the "
           "rows as an index does; give --index-column, {}",
           name_, names_.first(), names_.first() + 1, layout_.skip_header ? 2 : 1, kDoubt);
  }

  Lines lines_;
  std::string_view name_;
  CsvLayout layout_;
  std::size_t columns_ = 0;
  std::vector<double> values_;
  CsvNames names_;
};

}  // namespace

Array parse_csv(std::string_view text, std::string_view name, const CsvLayout& layout) {
  return RowReader(text, name, layout).array();
}

Array read_csv(const InputFile& file, const CsvLayout& layout) {
  const std::string name = file.path().string();
  if (const auto text = file.in_memory()) {
    ensure_memory_for(most_numbers(*text) * sizeof(double), file);
    return parse_csv(*text, name, layout);
  }
  ensure_memory_for(file.size(), file);
  std::string text(file.size(), '\0');
  file.read(0, text.data(), text.size());
  ensure_memory_for(most_numbers(text) * sizeof(double), file);
  return parse_csv(text, name, layout);
}

std::string format_csv(const Array& array, std::string_view name) {
  const std::vector<std::size_t>& shape = array.shape;
  ensure((shape.size() == 1 || shape.size() == 2) && array.size() > 0,
         "{}: expected an array [rows] or [rows x columns] with entries, found {}; use .npy", name,
         array.description());
  const std::size_t columns = shape.size() == 2 ? shape[1] : 1;
  std::string text;
  const auto append_all = [&](const auto& values) {
    assert(values.size() == array.size());
    std::size_t column = 0;
    for (auto value : values) {
      if (column == 0) throw_if_interrupted();
      // float32 is written as the float64 it equals: the text reads back to the same number.
      using Wide = std::conditional_t<std::is_same_v<decltype(value), float>, double, decltype(value)>;
      fmt::format_to(std::back_inserter(text), "{}", Wide{value});
      column = (column + 1) % columns;
      text += column == 0 ? '\n' : ',';
    }
  };
  std::visit(append_all, array.values);
  return text;
}

}  // namespace deepmine
