#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// How many clean images a run scored, and the share that the model gives their class, where they have labels.
struct CleanImages {
  std::int64_t count;
  std::optional<double> accuracy;

  CleanImages(Database& database, const std::string& run);
};

/// Writes what follows from a run's scores: its metrics, and, of the published table's network, images and options,
/// whether they are within what they may differ by. `seed` is the run's.
void conclude_odin(Run& run, Database& database, std::uint64_t seed);

}  // namespace deepmine
