#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// Detection power against the anomalous share, beside what was published; then the paper's two figures: p-values at
/// one node (from a file that the leading run left among the `artifacts`), and, side by side for the runs, densities of
/// the test sets' scores over their ROC curves.
std::vector<Figure> deep_mining_figures(Database& database, const RunsTogether& runs,
                                        const std::filesystem::path& artifacts);

}  // namespace deepmine
