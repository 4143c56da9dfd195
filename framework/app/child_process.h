#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace deepmine {

/// Runs this program with `words`, what it prints going to `printed`; the exit code. Throws `Error` when it cannot
/// start.
int run_again(const std::vector<std::string>& words, const std::filesystem::path& printed);

}  // namespace deepmine
