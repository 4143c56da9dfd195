#pragma once

#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/table.h"

namespace deepmine {

/// The tables of one run: detection power by layer beside the published, every variant of it, the
/// reconstruction error against its baselines, test sets by layer, attacks, shape checks.
std::vector<Table> autoencoder_scan_tables(Database& database, const std::string& run);

}  // namespace deepmine
