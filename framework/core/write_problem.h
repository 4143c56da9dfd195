#pragma once

#include <string>

namespace deepmine {

/// Why something could not be written, by the system's error number, and what helps against that: "No space left on
/// device; free some space on the disk".
std::string write_problem(int error);

}  // namespace deepmine
