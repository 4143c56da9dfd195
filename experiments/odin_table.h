#pragma once

#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// FPR95 and AUROC of each set by each run's detector, beside the published values where the options are theirs; the
/// other metrics; the shape checks.
std::vector<Table> odin_tables(Database& database, const RunsTogether& runs);

/// AUROC and FPR95 of each set.
std::vector<Headline> odin_headlines(Database& database, const std::string& run);

}  // namespace deepmine
