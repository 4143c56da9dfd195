#pragma once

#include <cstdint>

#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes what follows from a run's scores: the metrics of uniform-svdd's tables, and whether what holds there of the
/// run's method holds in ours, of the sets that were measured. `seed` is the run's.
void conclude_uniform_svdd(Run& run, Database& database, std::uint64_t seed);

}  // namespace deepmine
