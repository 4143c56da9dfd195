#include <algorithm>

#include "framework/app/catalog.h"
#include "framework/app/command.h"
#include "framework/app/json_output.h"
#include "framework/app/standard_streams.h"

namespace deepmine {
namespace {

namespace po = boost::program_options;

std::vector<Kind> chosen_kinds(const CommandLine& line) {
  if (line.has("kind")) return {find_kind(line.required("kind"))};
  return catalog();
}

Json json_of(const std::vector<Kind>& kinds) {
  Json result = Json::object();
  for (const Kind& kind : kinds) {
    Json& things = result[kind.plural] = Json::array();
    for (const std::string& name : kind.names()) {
      things.push_back({{"name", name}, {"title", kind.describe(name).title}});
    }
  }
  return result;
}

void print_things(const Kind& kind, std::string_view indent) {
  std::size_t width = 0;
  for (const std::string& name : kind.names()) width = std::max(width, name.size());
  for (const std::string& name : kind.names()) {
    fmt::print(results(), "{}{:<{}}  {}\n", indent, name, width, kind.describe(name).title);
  }
}

void print_groups(const std::vector<Kind>& kinds) {
  for (const Kind& kind : kinds) {
    fmt::print(results(), "{}\n", kind.plural);
    print_things(kind, "  ");
  }
}

int list(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("kind", po::value<std::string>()->value_name("KIND"),
             "datasets, networks, attacks, detectors, statistics or experiments (default: all)")(
      "json", po::bool_switch(), "print JSON: {\"attacks\": [{\"name\", \"title\"}, ...], ...}");
  line.positional("kind", 1);
  if (!line.parse(words)) return 0;
  const std::vector<Kind> kinds = chosen_kinds(line);
  if (line.flag("json")) {
    print_json(json_of(kinds));
  } else if (kinds.size() == 1) {
    print_things(kinds[0], "");
  } else {
    print_groups(kinds);
  }
  return 0;
}

const RegisterCommand registered(
    {"list", "list [datasets|networks|attacks|detectors|statistics|experiments] [--json]",
     "what is registered, one line each", list});

}  // namespace
}  // namespace deepmine
