#pragma once

#include <cstdint>

#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes what follows from a run's rows: detection power with its intervals, and whether what holds in the
/// published numbers holds in ours. Only what the run measured is checked. `seed` is the run's.
void conclude_autoencoder_scan(Run& run, Database& database, std::uint64_t seed);

}  // namespace deepmine
