#pragma once

#include <cstdint>

#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes what follows from a run's scores: the metrics of single inputs, those of uniform-svdd's tables, and of the
/// detector relevant-neurons, whose scores are votes, "vote-accuracy", "vote-tpr" and "vote-fpr" at one half, also
/// against successful attacks only ("vote-accuracy successful").
/// Source: relevant-neurons, tables 1 to 4. differs from it in: accuracy weighs clean and adversarial images alike,
/// however many there are of each.
void conclude_relevant_neurons(Run& run, Database& database, std::uint64_t seed);

}  // namespace deepmine
