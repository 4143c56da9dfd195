#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace deepmine {

/// Keys stay in the order in which they were written.
using Json = nlohmann::ordered_json;

/// Prints one line of JSON to stdout; numbers read back as they were.
void print_json(const Json& value);

/// The value, or null.
template <typename T>
Json json_of(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace deepmine
