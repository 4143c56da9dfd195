#pragma once

#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes whether what holds in the published numbers holds in ours. Only what the run measured is
/// checked.
void write_autoencoder_checks(Run& run, Database& database);

}  // namespace deepmine
