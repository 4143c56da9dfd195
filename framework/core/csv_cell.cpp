#include "framework/core/csv_cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string>

namespace deepmine {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool is_missing(std::string_view text) {
  constexpr std::string_view kMissing[] = {"", "\"\"", "NA", "N/A", "\"NA\"", "null", "None"};
  return std::find(std::begin(kMissing), std::end(kMissing), text) != std::end(kMissing);
}

/// Whether digits that spell a number of at least 2^53 spell the one that float64 holds. An exponent says that it was
/// rounded before.
bool is_held(std::string_view digits, double value) {
  constexpr double kAllHeld = 9007199254740992;  // 2^53
  if (!(std::abs(value) >= kAllHeld) || !std::isfinite(value) || digits.find_first_of("eE") != std::string_view::npos)
    return true;
  const std::size_t begin = std::min(digits.size(), digits.find_first_not_of("-0")),
                    point = std::min(digits.size(), digits.find('.'));
  const bool whole = digits.find_first_not_of("0", std::min(digits.size(), point + 1)) == std::string_view::npos;
  return whole && digits.substr(begin, point - begin) == fmt::format("{:.0f}", std::abs(value));
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

CsvCell csv_cell(std::string_view text) {
  using Kind = CsvCell::Kind;
  std::string_view digits = without_blanks(text);
  CsvCell cell{text, Kind::kText, 0};
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, cell.value);
  if (stop != end || digits.empty() || status == std::errc::invalid_argument) {
    if (is_missing(digits)) cell.kind = Kind::kMissing;
  } else if (status == std::errc::result_out_of_range) {
    cell.kind = Kind::kTooLarge;
  } else if (!is_held(digits, cell.value)) {
    cell.kind = Kind::kNotHeld;
  } else if (cell.value - std::trunc(cell.value) > 0 || cell.value - std::trunc(cell.value) < 0) {
    cell.kind = Kind::kFraction;
  } else {
    const bool has_point = std::isfinite(cell.value) && digits.find_first_of(".eE") != std::string_view::npos;
    cell.kind = has_point ? Kind::kWholeWithPoint : Kind::kWhole;
  }
  return cell;
}

std::string_view CsvCells::next() {
  std::size_t end = rest_.find_first_not_of(kBlanks);
  if (end == std::string_view::npos || rest_[end] != '"') {
    end = rest_.find(',');
  } else {
    for (bool quoted = false; end < rest_.size() && (quoted || rest_[end] != ','); ++end) {
      if (rest_[end] == '"') quoted = !quoted;
      // the comma behind a quoted cell ends the loop
    }
    if (end == rest_.size()) end = std::string_view::npos;
  }
  const std::string_view cell = rest_.substr(0, end);
  more_ = end != std::string_view::npos;
  rest_.remove_prefix(more_ ? end + 1 : rest_.size());
  return cell;
}

}  // namespace deepmine
