#pragma once

#include <string>

#include "framework/run/database.h"

namespace deepmine {

/// The uid of the run asked for, or of the one of the experiment (and profile) that finished last; `run` and
/// `profile` may be empty. Throws `Error` when there is none.
std::string find_run(Database& database, const std::string& experiment, const std::string& run,
                     const std::string& profile);

}  // namespace deepmine
