#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "framework/core/matrix.h"
#include "framework/run/measurement.h"

namespace deepmine {

/// Where a run keeps the p-values at one node: [input, 2], float32, 1 for an anomalous input, then its
/// p-value.
std::filesystem::path node_p_value_file(const std::filesystem::path& artifacts, const std::string& run);

/// Keeps in `file` the p-values that clean and anomalous inputs have at the node where their means differ most. Both
/// are numerators [inputs x nodes] over `denominator`, anomalous ones at least one.
Write node_p_values(const std::filesystem::path& file, MatrixView<std::uint32_t> clean,
                    MatrixView<std::uint32_t> anomalous, std::uint32_t denominator);

}  // namespace deepmine
