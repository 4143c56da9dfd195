#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepmine {

/// What another program made of its input.
struct Filtered {
  int code = 0;  ///< exit code; 128 and the signal's number when one ended it
  std::string out, err;
};

/// Runs a program, looked for in PATH, without a shell: `input` comes from its stdin. What this process does with
/// signals is not handed on. Throws `Error` when the program cannot be started, and `Interrupted` when a signal came
/// meanwhile.
Filtered run_filter(const std::vector<std::string>& words, std::string_view input);

}  // namespace deepmine
