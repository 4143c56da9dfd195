#include "framework/core/spec.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "framework/core/error.h"

namespace deepmine {
namespace {

std::string range_text(const Range& range) {
  return fmt::format("{}{}, {}{}", range.low_open ? '(' : '[', range.low, range.high,
                     range.high_open ? ')' : ']');
}

bool inside(const Range& range, double value) {
  const bool above = range.low_open ? value > range.low : value >= range.low;
  const bool below = range.high_open ? value < range.high : value <= range.high;
  return above && below;
}

template <typename Number>
Number parse_number(std::string_view text, std::string_view name, std::string_view kind) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  ensure(status == std::errc{} && stop == end, "{}: expected {}, found \"{}\"", name, kind, text);
  return value;
}

bool parse_flag(std::string_view text, std::string_view name) {
  if (text == "true" || text == "yes" || text == "1") return true;
  if (text == "false" || text == "no" || text == "0") return false;
  fail("{}: expected true or false, found \"{}\"", name, text);
}

std::string known_keys(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  std::sort(names.begin(), names.end());
  return names.empty() ? "it has none" : fmt::format("known: {}", fmt::join(names, ", "));
}

/// Where the bracket that opens at `begin` closes, npos when it does not.
std::size_t closing_bracket(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// What stands before the first comma outside the value's brackets.
std::string_view first_option(std::string_view options, std::string_view owner) {
  const std::size_t equals = options.find('='), comma = options.find(',');
  if (equals >= comma || options.substr(equals + 1, 1) != "[") return options.substr(0, comma);
  const std::size_t closing = closing_bracket(options, equals + 1);
  ensure(closing != std::string_view::npos, "{}: {}: expected a ] for each [, found \"{}\"", owner,
         options.substr(0, equals), options.substr(equals + 1));
  return options.substr(0, options.find(',', closing));
}

/// What stands before the first + between specs.
std::string_view first_spec(std::string_view list) {
  std::int64_t depth = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '[') ++depth;
    if (list[i] == ']') --depth;
    const bool in_number = i + 1 < list.size() && list[i + 1] >= '0' && list[i + 1] <= '9';
    if (list[i] == '+' && depth == 0 && !in_number) return list.substr(0, i);
  }
  return list;
}

}  // namespace

double parse_real(std::string_view text, std::string_view name) {
  const auto finite = [&](double number) {
    ensure(std::isfinite(number), "{}: expected a finite number, found \"{}\"", name, text);
    return number;
  };
  const auto part = [&](std::string_view digits) {
    return finite(parse_number<double>(digits, name, "a number, such as 0.1 or 8/255"));
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return part(text);
  return finite(part(text.substr(0, slash)) / part(text.substr(slash + 1)));
}

std::int64_t parse_integer(std::string_view text, std::string_view name) {
  return parse_number<std::int64_t>(text, name, "a whole number");
}

Spec Spec::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  Spec spec{std::string(text.substr(0, colon)), {}};
  ensure(!spec.name.empty(), "expected name[:key=value,...], found \"{}\"", text);
  if (colon == std::string_view::npos) return spec;
  std::string_view rest = text.substr(colon + 1);
  while (!rest.empty()) {
    const std::string_view piece = first_option(rest, spec.name);
    rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
    const std::size_t equals = piece.find('=');
    ensure(equals != std::string_view::npos && equals > 0,
           "{}: expected key=value, found \"{}\" in \"{}\"", spec.name, piece, text);
    const auto [_, added] = spec.values.emplace(piece.substr(0, equals), piece.substr(equals + 1));
    ensure(added, "{}: key \"{}\" is given twice in \"{}\"", spec.name, piece.substr(0, equals),
           text);
  }
  return spec;
}

std::string Spec::text() const {
  std::string result = name;
  char separator = ':';
  for (const auto& [key, value] : values) {
    result += fmt::format("{}{}={}", separator, key, value);
    separator = ',';
  }
  return result;
}

std::vector<Spec> parse_specs(std::string_view list) {
  if (!list.empty() && list[0] == '[' && closing_bracket(list, 0) == list.size() - 1) {
    list = list.substr(1, list.size() - 2);
  }
  std::vector<Spec> specs;
  while (!list.empty()) {
    const std::string_view piece = first_spec(list);
    specs.push_back(Spec::parse(piece));
    if (piece.size() == list.size()) break;
    list.remove_prefix(piece.size() + 1);
    ensure(!list.empty(), "expected a spec after each +, found none after \"{}\"", piece);
  }
  return specs;
}

std::map<std::string, std::string> with_preset(const Spec& spec, const Presets& presets) {
  const auto wanted = spec.values.find("preset");
  if (presets.empty() || wanted == spec.values.end()) return spec.values;
  std::vector<std::string> names;
  for (const Preset& preset : presets) names.push_back(preset.name);
  const auto found = std::find(names.begin(), names.end(), wanted->second);
  ensure(found != names.end(), "{}: preset: expected one of {}, found \"{}\"", spec.name, fmt::join(names, ", "),
         wanted->second);
  std::map<std::string, std::string> values = spec.values;
  values.erase("preset");
  const Preset& preset = presets[static_cast<std::size_t>(found - names.begin())];
  values.insert(preset.values.begin(), preset.values.end());  // what is given stays
  return values;
}

std::string Field::type() const {
  static const char* const kNames[] = {"number", "whole number", "true|false", "text"};
  if (!choices.empty()) return fmt::format("{}", fmt::join(choices, "|"));
  const bool bounded = std::isfinite(range.low) || std::isfinite(range.high);
  return kNames[target.index()] + (bounded ? " in " + range_text(range) : std::string());
}

std::string Field::value() const {
  return std::visit([](const auto* member) { return fmt::format("{}", *member); }, target);
}

void Field::assign(std::string_view value) const {
  const auto check = [&](double number) {
    ensure(inside(range, number), "{}: expected a number in {}, found {}", name, range_text(range),
           value);
  };
  std::visit(
      [&](auto* member) {
        using T = std::remove_pointer_t<decltype(member)>;
        if constexpr (std::is_same_v<T, double>) {
          const double number = parse_real(value, name);
          check(number);
          *member = number;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          const std::int64_t number = parse_integer(value, name);
          check(static_cast<double>(number));
          *member = number;
        } else if constexpr (std::is_same_v<T, bool>) {
          *member = parse_flag(value, name);
        } else {
          const bool known = choices.empty() ||
                             std::find(choices.begin(), choices.end(), value) != choices.end();
          ensure(known, "{}: expected one of {}, found \"{}\"", name, fmt::join(choices, ", "),
                 value);
          *member = std::string(value);
        }
      },
      target);
}

void Fields::assign(const std::map<std::string, std::string>& values,
                    std::string_view owner) const {
  for (const auto& [key, value] : values) {
    const auto field = std::find_if(list_.begin(), list_.end(),
                                    [&key = key](const Field& f) { return f.name == key; });
    ensure(field != list_.end(), "{}: unknown key \"{}\"; {}", owner, key, known_keys(list_));
    field->assign(value);
  }
}

std::map<std::string, std::string> Fields::values() const {
  std::map<std::string, std::string> result;
  for (const Field& field : list_) result.emplace(field.name, field.value());
  return result;
}

}  // namespace deepmine
