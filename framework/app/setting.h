#pragma once

#include <string>
#include <utility>

namespace deepmine {

/// The two sides of the value of a `--set`. Throws `Error` for a text without a key or without `=`.
std::pair<std::string, std::string> parse_setting(const std::string& text);

}  // namespace deepmine
