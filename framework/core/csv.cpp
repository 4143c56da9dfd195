#include "framework/core/csv.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <iterator>
#include <type_traits>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/memory.h"

namespace deepmine {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kExcerpt = 40;

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The text up to `separator`, which is removed from `rest` with it.
std::string_view take(std::string_view& rest, char separator) {
  const std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
  return piece;
}

double parse_cell(std::string_view cell, std::string_view name, std::size_t line) {
  std::string_view digits = without_blanks(cell);
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
  double value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, value);
  ensure(status != std::errc::result_out_of_range,
         "{}: line {}: expected a number that float64 can hold, found {:?}", name, line,
         digits.substr(0, kExcerpt));
  ensure(status == std::errc{} && stop == end,
         "{}: line {}: expected numbers separated by commas and no header, found {:?}", name, line,
         cell.substr(0, kExcerpt));
  return value;
}

std::size_t parse_row(std::string_view row, std::string_view name, std::size_t line,
                      std::vector<double>& values) {
  std::size_t columns = 1;
  for (char c : row) columns += c == ',' ? 1 : 0;
  for (std::size_t i = 0; i < columns; ++i)
    values.push_back(parse_cell(take(row, ','), name, line));
  return columns;
}

/// How many numbers a text has at most.
std::size_t most_numbers(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c == ',' || c == '\n'; }));
}

void ensure_memory_for(std::size_t bytes, const InputFile& file) {
  ensure_memory(held_memory() + bytes, fmt::format("{} takes that much to read, give a smaller file or .npy, or a machine or job with more",
                                                   file.path().string()));
}

}  // namespace

Array parse_csv(std::string_view text, std::string_view name) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  ensure(last != std::string_view::npos,
         "{}: expected at least one row of numbers, found an empty file; write it again", name);
  std::string_view rest = text.substr(0, last + 1);
  std::vector<double> values;
  values.reserve(most_numbers(rest));
  std::size_t rows = 0;
  std::size_t columns = 0;
  while (!rest.empty()) {
    throw_if_interrupted();
    ++rows;
    const std::size_t found = parse_row(take(rest, '\n'), name, rows, values);
    if (rows == 1) columns = found;
    ensure(found == columns, "{}: line {}: expected {} numbers as in line 1, found {}", name, rows,
           columns, found);
  }
  return {{rows, columns}, std::move(values)};
}

Array read_csv(const InputFile& file) {
  ensure_memory_for(file.size(), file);
  std::string text(file.size(), '\0');
  file.read(0, text.data(), text.size());
  ensure_memory_for(most_numbers(text) * sizeof(double), file);
  return parse_csv(text, file.path().string());
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
      using Wide =
          std::conditional_t<std::is_same_v<decltype(value), float>, double, decltype(value)>;
      fmt::format_to(std::back_inserter(text), "{}", Wide{value});
      column = (column + 1) % columns;
      text += column == 0 ? '\n' : ',';
    }
  };
  std::visit(append_all, array.values);
  return text;
}

}  // namespace deepmine
