#pragma once

#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// Table 1 from the rows of `runs`: detection power, precision and recall by each run's detector, beside the published
/// values where the runs used the paper's data; then what the attacks did and the shape checks. Of several runs first
/// the means.
std::vector<Table> deep_mining_tables(Database& database, const RunsTogether& runs);

/// Detection power, precision and recall of each share, means over the single targets.
std::vector<Headline> deep_mining_headlines(Database& database, const std::string& run);

}  // namespace deepmine
