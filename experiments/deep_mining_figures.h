#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/figure.h"

namespace deepmine {

/// The paper's two figures: p-values at one node (from a file that the run left among the `artifacts`),
/// and densities of the test sets' scores with their ROC curves.
std::vector<Figure> deep_mining_figures(Database& database, const std::string& run,
                                        const std::filesystem::path& artifacts);

}  // namespace deepmine
