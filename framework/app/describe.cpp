#include <algorithm>

#include "framework/app/catalog.h"
#include "framework/app/command.h"
#include "framework/app/json_output.h"
#include "framework/app/standard_streams.h"
#include "framework/attack/suspicion.h"
#include "framework/core/nearest.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;
using Profiles = std::map<std::string, Settings>;

struct Found {
  const Kind* kind;
  Description thing;
  Profiles profiles;  ///< experiments only
  std::vector<std::string> warnings = {};  ///< attacks only: defaults and presets that cannot go as far as they may
};

std::vector<std::string> warnings_of_attack(const Description& attack) {
  constexpr std::int64_t kValues = 3 * 32 * 32;
  std::vector<std::string> warnings;
  if (const auto found = falls_short({attack.name, {}}, kValues)) warnings.push_back("the defaults: " + *found);
  for (const Preset& preset : attack.presets) {
    const auto found = falls_short({attack.name, {{"preset", preset.name}}}, kValues);
    if (found) warnings.push_back(fmt::format("preset={}, images of 3 x 32 x 32: {}", preset.name, *found));
  }
  return warnings;
}

bool knows(const Kind& kind, const std::string& name) {
  const std::vector<std::string> names = kind.names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<const Kind*> kinds_to_search(const CommandLine& line) {
  if (line.has("name")) return {&find_kind(line.required("kind-or-name"))};
  std::vector<const Kind*> all;
  for (const Kind& kind : catalog()) all.push_back(&kind);
  return all;
}

[[noreturn]] void fail_unknown(const std::string& name, const std::vector<const Kind*>& searched) {
  std::vector<std::string> known;
  for (const Kind* kind : searched) {
    for (const std::string& other : kind->names()) known.push_back(other);
  }
  fail("unknown name \"{}\"; {}", name, suggestion(name, known));
}

Found find(const CommandLine& line) {
  const std::string name = line.required(line.has("name") ? "name" : "kind-or-name");
  const std::vector<const Kind*> searched = kinds_to_search(line);
  std::vector<const Kind*> kinds;
  std::copy_if(searched.begin(), searched.end(), std::back_inserter(kinds),
               [&](const Kind* kind) { return knows(*kind, name); });
  if (kinds.empty()) fail_unknown(name, searched);
  ensure(kinds.size() == 1,
         "expected one thing of that name, found {} and {}; use deepmine "
         "describe {} {}",
         kinds[0]->plural, kinds.back()->plural, kinds[0]->plural, name);
  Found found{kinds[0], kinds[0]->describe(name), {}};
  if (kinds[0]->singular == Experiment::kKind) {
    found.profiles = Registry<Experiment>::instance().make({name, {}})->profiles();
  }
  if (kinds[0]->singular == Attack::kKind) found.warnings = warnings_of_attack(found.thing);
  return found;
}

/// The default as a JSON number or true/false where the option is one, else as text.
Json default_of(const Description::Option& option) {
  const bool is_text = option.type.find("number") == std::string::npos &&
                       option.type.find("true|false") == std::string::npos;
  return is_text || !Json::accept(option.value) ? Json(option.value) : Json::parse(option.value);
}

Json json_of(const Found& found) {
  Json parameters = Json::array();
  for (const Description::Option& option : found.thing.options) {
    parameters.push_back({{"name", option.name},
                          {"type", option.type},
                          {"default", default_of(option)},
                          {"unit", option.unit},
                          {"text", option.text},
                          {"source", option.source}});
  }
  Json result{{"name", found.thing.name},
              {"kind", found.kind->singular},
              {"title", found.thing.title},
              {"parameters", parameters}};
  for (const Preset& preset : found.thing.presets) {
    result["presets"].push_back({{"name", preset.name}, {"values", preset.values}, {"source", preset.source}});
  }
  if (!found.profiles.empty()) result["profiles"] = found.profiles;
  if (!found.warnings.empty()) result["warnings"] = found.warnings;
  return result;
}

void print(const Description::Option& option) {
  const std::string unit = option.unit.empty() ? "" : ", " + option.unit;
  fmt::print(results(), "\n  {} = {}\n    {}\n    type: {}{}\n    source: {}\n", option.name,
             option.value.empty() ? "(empty)" : option.value, option.text, option.type, unit,
             option.source);
}

void print(const Preset& preset) {
  fmt::print(results(), "\n  preset={}\n    {}\n    source: {}\n", preset.name,
             Spec{"", preset.values}.text().substr(1), preset.source);
}

void print(const Profiles& profiles) {
  for (const auto& [name, settings] : profiles) {
    fmt::print(results(), "\nprofile {}:{}\n", name, settings.empty() ? " the defaults" : "");
    for (const auto& [key, value] : settings) fmt::print(results(), "  {} = {}\n", key, value);
  }
}

int describe(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("kind-or-name", po::value<std::string>()->value_name("NAME"),
             "what to describe, see deepmine list; or its kind, when two kinds share a name")(
      "name", po::value<std::string>()->value_name("NAME"), "the name after a kind")(
      "json", po::bool_switch(),
      "print JSON: {\"name\", \"kind\", \"title\", \"parameters\": [...]}");
  line.positional("kind-or-name", 1);
  line.positional("name", 1);
  if (!line.parse(words)) return 0;
  ensure(line.has("kind-or-name"), "expected a name, found none; usage: deepmine {}", self.usage);
  const Found found = find(line);
  if (line.flag("json")) {
    print_json(json_of(found));
    return 0;
  }
  fmt::print(results(), "{} ({}): {}\n", found.thing.name, found.kind->singular, found.thing.title);
  if (found.thing.options.empty()) fmt::print(results(), "\n  no parameters\n");
  for (const Description::Option& option : found.thing.options) print(option);
  for (const Preset& preset : found.thing.presets) print(preset);
  print(found.profiles);
  for (const std::string& warning : found.warnings) fmt::print(results(), "\n  warning: {}\n", warning);
  return 0;
}

const RegisterCommand registered({"describe", "describe [KIND] NAME [--json]",
                                  "parameters of a registered thing: type, default, unit, source",
                                  describe});

}  // namespace
}  // namespace deepmine
