#pragma once

#include "framework/core/seed.h"
#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes how well the scores of single inputs tell each of the run's sets from its clean inputs, by
/// `detection_metrics`: auroc, with its 95 % bootstrap interval over images, fpr95, detection-error, best-accuracy,
/// aupr-in and aupr-out. Parts of a detector's score have theirs, too.
void write_single_metrics(Run& run, Database& database, Seed seed);

}  // namespace deepmine
