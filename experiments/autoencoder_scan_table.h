#pragma once

#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// The tables of one run: detection power by layer beside the published, every variant of it, the
/// reconstruction error against its baselines, test sets by layer, attacks, shape checks.
std::vector<Table> autoencoder_scan_tables(Database& database, const std::string& run);

/// Detection power of single images, mean over the attacks, of each layer and of the error's scan.
std::vector<Headline> autoencoder_scan_headlines(Database& database, const std::string& run);

}  // namespace deepmine
