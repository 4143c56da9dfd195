#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace deepmine {

/// What the user can mend: an option, a file, a shape, a checksum, a database. The text is one
/// line that says what was expected, what was found and the cure. The command line turns it into
/// exit code 2; a bug of ours is an `assert` or any other exception and ends in exit code 3.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws `Error` with the formatted text unless `condition` holds.
template <typename... Args>
void ensure(bool condition, fmt::format_string<Args...> text, Args&&... args) {
  if (!condition) throw Error(fmt::format(text, std::forward<Args>(args)...));
}

/// Throws `Error` with the formatted text.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw Error(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace deepmine
