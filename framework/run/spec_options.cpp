#include "framework/run/spec_options.h"

#include <optional>

namespace deepmine {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

/// Most parameters are words, numbers and paths: what is no spec is no error here, so specs are read without
/// `Spec::parse`.
struct Read {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> values;
};

bool is_name(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos;
}

/// What stands between the separators outside brackets; a + before a digit is part of a number.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  std::int64_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    const bool in_number = text[i] == '+' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (text[i] != separator || depth != 0 || in_number) continue;
    pieces.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

std::optional<Read> read(std::string_view text) {
  const std::size_t colon = text.find(':');
  Read spec{text.substr(0, colon), {}};
  if (!is_name(spec.name)) return std::nullopt;
  if (colon == std::string_view::npos) return spec;
  for (const std::string_view option : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    spec.values.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  }
  return spec;
}

bool in_brackets(std::string_view text) { return text.size() > 2 && text.front() == '[' && text.back() == ']'; }

/// Whether what follows a + may be more of the last value: lists of layers and paths go on so, numbers and brackets do
/// not.
bool may_go_on(const Read& spec) {
  constexpr std::string_view kNumberOrBracket = "0123456789[";
  if (spec.values.empty()) return false;
  const std::string_view value = spec.values.back().second;
  return value.empty() || kNumberOrBracket.find(value.front()) == std::string_view::npos;
}

/// The specs of a list; none where a piece is no spec or, unless `surely` none is, may be part of the value before it.
std::vector<Read> listed(std::string_view list, char separator, bool surely) {
  std::vector<Read> specs;
  for (const std::string_view piece : split(list, separator)) {
    const auto spec = read(piece);
    const bool part = !surely && spec && spec->values.empty() && !specs.empty() && may_go_on(specs.back());
    if (!spec || part) return {};
    specs.push_back(*spec);
  }
  return specs;
}

std::vector<Read> specs_in(std::string_view text) {
  const bool bracketed = in_brackets(text);
  const std::string_view list = bracketed ? text.substr(1, text.size() - 2) : text;
  for (const char separator : {';', '+'}) {
    const std::vector<Read> specs = listed(list, separator, bracketed || separator == ';');
    if (specs.size() > 1 || (bracketed && !specs.empty())) return specs;
  }
  const auto single = read(text);
  return single ? std::vector<Read>{*single} : std::vector<Read>{};
}

bool has_options(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.find('=', colon) != std::string_view::npos;
}

void add_options(std::string_view text, const std::string& prefix, Options& options) {
  const std::vector<Read> specs = specs_in(text);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string before = specs.size() > 1 || in_brackets(text) ? prefix + std::to_string(i) + "." : prefix;
    options.emplace_back(before + "name", specs[i].name);
    for (const auto& [key, value] : specs[i].values) {
      options.emplace_back(before + std::string(key), value);
      if (has_options(value)) add_options(value, before + std::string(key) + ".", options);
    }
  }
}

}  // namespace

Options spec_options(std::string_view text) {
  Options options;
  add_options(text, "", options);
  return options;
}

void note_options(Database& database, std::string_view spec) {
  for (const auto& [key, value] : spec_options(spec)) {
    database.cached("INSERT OR IGNORE INTO spec_option (spec, key, value) VALUES (?1, ?2, ?3)")
        .bind(spec, key, value)
        .run();
  }
}

}  // namespace deepmine
