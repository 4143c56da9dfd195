#pragma once

#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// Table 1 from the rows of `run`: detection power, precision and recall, ours beside the published
/// values where the run used the paper's data; then what the attacks did and the shape checks.
std::vector<Table> deep_mining_tables(Database& database, const std::string& run);

/// Detection power, precision and recall of each share, means over the single targets.
std::vector<Headline> deep_mining_headlines(Database& database, const std::string& run);

}  // namespace deepmine
