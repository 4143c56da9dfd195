#include "framework/run/spec_options.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/spec.h"

namespace deepmine {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

bool is_name(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos;
}

/// A + is between specs where each has options, or in brackets: else it is part of a value, of a list of layers or a path.
std::vector<Spec> specs_in(std::string_view text) try {
  const std::vector<Spec> listed = parse_specs(text);
  const bool bracketed = !text.empty() && text[0] == '[';
  const bool separate = std::all_of(listed.begin(), listed.end(), [&](const Spec& spec) {
    return is_name(spec.name) && (bracketed || !spec.values.empty());
  });
  if (separate) return listed;
  const Spec single = Spec::parse(text);
  return is_name(single.name) ? std::vector<Spec>{single} : std::vector<Spec>{};
} catch (const Error&) {
  return {};
}

/// Values without options are words, numbers, paths and lists of these.
bool has_options(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && text.find('=', colon) != std::string_view::npos;
}

void add_options(std::string_view text, const std::string& prefix, Options& options) {
  const std::vector<Spec> specs = specs_in(text);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const bool listed = specs.size() > 1 || text[0] == '[';
    const std::string before = listed ? prefix + std::to_string(i) + "." : prefix;
    options.emplace_back(before + "name", specs[i].name);
    for (const auto& [key, value] : specs[i].values) {
      options.emplace_back(before + key, value);
      if (has_options(value)) add_options(value, before + key + ".", options);
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
    database.cached("INSERT OR IGNORE INTO spec_option (spec, key, value) VALUES (?1, ?2, ?3)").bind(spec, key, value).run();
  }
}

}  // namespace deepmine
