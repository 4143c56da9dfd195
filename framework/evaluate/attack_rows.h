#pragma once

#include <string>

#include "framework/run/database.h"

namespace deepmine {

/// Throws `Error` when the run has noted other adversarial images for that attack and target than those
/// of checksum `sha256`: what was scanned before it was stopped would be of other images than the rest.
/// They differ when a run is continued on another processor, which rounds otherwise, and its artifacts are gone.
void ensure_same_images(Database& database, const std::string& run, const std::string& attack,
                        const std::string& target, const std::string& sha256);

}  // namespace deepmine
