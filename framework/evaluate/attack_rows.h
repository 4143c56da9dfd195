#pragma once

#include <string>

#include "framework/attack/adversarial_set.h"
#include "framework/run/database.h"
#include "framework/run/rows.h"

namespace deepmine {

/// What the store keeps of an adversarial set; `target` is a class, or says which images are kept.
AttackSetRow attack_set_row(const Classifier& classifier, const Dataset& data, const std::string& attack,
                            const std::string& target, const AdversarialSet& set);

/// Throws `Error` when the run has noted other adversarial images for that attack and target than those
/// of checksum `sha256`: what was scanned before it was stopped would be of other images than the rest.
/// They differ when a run is continued on another processor, which rounds otherwise, and its artifacts are gone.
void ensure_same_images(Database& database, const std::string& run, const std::string& attack,
                        const std::string& target, const std::string& sha256);

}  // namespace deepmine
