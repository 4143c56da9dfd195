#pragma once

#include <string>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// The uid of the run asked for, or of the one of the experiment (and profile) that finished last; `run` and
/// `profile` may be empty. Throws `Error` when there is none.
std::string find_run(Database& database, const std::string& experiment, const std::string& run,
                     const std::string& profile);

/// The runs to be shown with a finished `run`, itself among them: the same measurement by the other detectors of its
/// profile, in the profile's order, as far as they are finished; itself alone where its own detector is none of those.
RunsTogether runs_with(Database& database, const std::string& run);

}  // namespace deepmine
