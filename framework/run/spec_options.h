#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/run/database.h"

namespace deepmine {

/// The options of a spec or of a list of them, one a pair: `name` is what stands before its options; the options of
/// specs among the values follow a dot, and those of a list its number: "of.0.epsilon". None of other texts. Lists have
/// + or ; between their specs. A + before a name without options is taken for part of the value before it, of a list of
/// layers or a path, unless that value is a number or in brackets, or the whole list is.
std::vector<std::pair<std::string, std::string>> spec_options(std::string_view text);

/// Writes the options of a spec to the store, so that SQL need not take its text apart.
void note_options(Database& database, std::string_view spec);

}  // namespace deepmine
