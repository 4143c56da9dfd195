#include "framework/core/flat_json.h"

#include <nlohmann/json.hpp>

#include "framework/core/error.h"

namespace deepmine {

std::map<std::string, std::string> parse_flat_json(std::string_view text, std::string_view name) {
  const auto content = nlohmann::json::parse(text, nullptr, false);
  ensure(content.is_object(), "{}: expected a JSON object of options, e.g. {{\"replicates\": 30}}, found none; "
         "write it again", name);
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : content.items()) {
    // What is nested is not written out again: that would take as much stack as there are brackets.
    ensure(!value.is_structured() && !value.is_null(), "{}: {}: expected a text, number or true/false, found {}", name,
           key.substr(0, 40), value.type_name());
    result.emplace(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return result;
}

}  // namespace deepmine
