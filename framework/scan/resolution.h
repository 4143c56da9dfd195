#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "framework/scan/alpha_grid.h"
#include "framework/scan/p_values.h"

namespace deepmine {

/// Background inputs needed for p-values as small as the largest level of a grid, 1 / alpha - 1 of one tail and 2 /
/// alpha - 1 of both. With fewer a scan finds nothing, whatever the inputs are.
std::size_t least_background(const AlphaGrid& grid, PValueTails tails);

/// A line that says so, with the cure, for a background that is too small; none for one that serves.
std::optional<std::string> too_small_background(const AlphaGrid& grid, PValueTails tails, std::size_t background);

/// The same of backgrounds by class, the number of inputs of each: names classes whose inputs cannot be found.
std::optional<std::string> too_small_classes(const AlphaGrid& grid, PValueTails tails,
                                             const std::map<std::int64_t, std::size_t>& background);

}  // namespace deepmine
