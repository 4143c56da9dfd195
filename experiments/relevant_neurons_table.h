#pragma once

#include <vector>

#include "framework/run/experiment.h"
#include "framework/run/table.h"

namespace deepmine {

/// What the detectors of `runs` say of each attack, one row a detector and attack.
std::vector<Table> relevant_neurons_tables(Database& database, const RunsTogether& runs);

}  // namespace deepmine
