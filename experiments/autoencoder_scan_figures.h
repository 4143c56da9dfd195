#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/figure.h"

namespace deepmine {

/// Score densities and detection power by layer, ROC curves, and the pixels that the reconstruction-error
/// scan finds in some images. Examples come from a file that the run left among the `artifacts`; without
/// it that figure is left out.
std::vector<Figure> autoencoder_scan_figures(Database& database, const std::string& run,
                                             const std::filesystem::path& artifacts);

}  // namespace deepmine
