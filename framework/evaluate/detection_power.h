#pragma once

#include "framework/core/seed.h"
#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes precision, recall and the detection power (AUROC) of every cell of the run that holds anomalous inputs,
/// against the clean ones of its layer and detector, with its 95 % bootstrap interval over test sets (images, for
/// individual scans). Sets share their images, so it tells how sure the number is for these images, not
/// for others.
void write_detection_power(Run& run, Database& database, Seed seed);

}  // namespace deepmine
