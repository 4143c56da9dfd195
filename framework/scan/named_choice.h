#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "framework/core/error.h"

namespace deepmine {

/// One value of an enumeration and the name by which users, files and the store know it.
template <typename Choice>
struct NamedChoice {
  Choice choice;
  std::string_view name;
};

template <typename Choice, std::size_t Count>
std::vector<Choice> choices_of(const NamedChoice<Choice> (&table)[Count]) {
  std::vector<Choice> all;
  for (const auto& entry : table) all.push_back(entry.choice);
  return all;
}

template <typename Choice, std::size_t Count>
std::string_view name_of(const NamedChoice<Choice> (&table)[Count], Choice choice) {
  const auto entry = std::find_if(std::begin(table), std::end(table),
                                  [choice](const auto& e) { return e.choice == choice; });
  assert(entry != std::end(table));
  return entry->name;
}

/// The value of that name. Throws `Error` naming `kind` and listing the known names.
template <typename Choice, std::size_t Count>
Choice parse_choice(const NamedChoice<Choice> (&table)[Count], std::string_view name,
                    std::string_view kind) {
  std::vector<std::string_view> known;
  for (const auto& entry : table) {
    if (entry.name == name) return entry.choice;
    known.push_back(entry.name);
  }
  fail("unknown {} \"{}\"; known: {}", kind, name, fmt::join(known, ", "));
}

}  // namespace deepmine
