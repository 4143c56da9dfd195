#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/run/figure.h"
#include "framework/run/run.h"

namespace deepmine {

/// Where a run keeps the p-values at one node: [input, 2], float32, 1 for a noised input, then its
/// p-value.
std::filesystem::path node_p_value_file(const std::filesystem::path& artifacts, const std::string& run);

inline constexpr const char* kNodePValuesUnit = "node p-values";

/// Keeps the p-values that clean and noised inputs have at the node where their means differ most, as
/// unit "node p-values". All are activations [inputs x nodes].
void keep_node_p_values(Run& run, MatrixView<float> background, MatrixView<float> clean,
                        MatrixView<float> noised, const std::filesystem::path& artifacts, int threads);

/// Histograms of them, the first figure of deep-mining; none without the file. `layer` is for the title.
std::vector<Figure> node_p_value_figures(const std::filesystem::path& file, const std::string& layer);

}  // namespace deepmine
