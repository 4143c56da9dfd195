#pragma once

#include <string>

namespace deepmine {

/// This machine's name in letters, digits, dots and dashes, at most 32 of them; "unknown" where it has none.
std::string host_name();

/// "HOST-PID": a part of file names that no other process has, on any machine that shares the folder.
std::string process_name();

}  // namespace deepmine
