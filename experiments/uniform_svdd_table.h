#pragma once

#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// The paper's tables as far as runs of the same profile and network are in the store, ours beside what was published;
/// what should hold between methods; the weight of the logits; of profile mdl the layers.
std::vector<Table> uniform_svdd_tables(Database& database, const RunsTogether& runs);

/// TNR at 95 % TPR and AUROC of each set, as the paper measures them.
std::vector<Headline> uniform_svdd_headlines(Database& database, const std::string& run);

}  // namespace deepmine
