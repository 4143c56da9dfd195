#pragma once

#include <cstdint>
#include <vector>

#include "framework/run/database.h"

namespace deepmine {

/// The scores of one cell of the store, in the order of its items.
std::vector<double> scores_of(Database& database, std::int64_t cell);

}  // namespace deepmine
