#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/run/figure.h"

namespace deepmine {

/// Histograms of the p-values in a file of `node_p_values`, the first figure of deep-mining; none without the file.
/// `layer` is for the title.
std::vector<Figure> node_p_value_figures(const std::filesystem::path& file, const std::string& layer);

}  // namespace deepmine
