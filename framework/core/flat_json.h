#pragma once

#include <map>
#include <string>
#include <string_view>

namespace deepmine {

/// The values of one JSON object, `{"attack": "bim", "replicates": 30, "clip": true}`, as a user would type them:
/// texts without quotes, everything else as JSON writes it. Throws `Error` naming `name` for anything that is no
/// such object, and naming the key for a value that is an object, a list or null.
std::map<std::string, std::string> parse_flat_json(std::string_view text, std::string_view name);

}  // namespace deepmine
