#pragma once

#include "framework/core/seed.h"
#include "framework/run/database.h"
#include "framework/run/run.h"

namespace deepmine {

/// Writes what `write_single_metrics` does and, of each set and part of the score, the metrics of uniform-svdd's
/// tables:
///
/// | metric | is |
/// |---|---|
/// | tnr95 | the share of anomalous inputs that is detected, where 95 % of the clean ones pass |
/// | mean-auroc | AUROC |
/// | accuracy95 | the mean of that TPR and TNR |
/// | ... held-out | the same for clean inputs at odd places, the threshold being of those at even places |
/// | ... successful | the same for adversarial inputs of which the attack succeeded |
///
/// Detectors whose scores compare within a predicted class only have a threshold for each class, and their AUROC is the
/// mean over classes (`classwise_metrics`). A detector whose score is put together from the parts "mdl" and "logits"
/// has more parts, without scores of their own: "beta 0" to "beta 1" for other weights of the logits; "transductive",
/// and "transductive beta 0" to 1, where parts are normalised by the inputs under test (`transductive_scores`).
///
/// The first two have intervals where they are the published ones (`classwise_intervals`, 200 resamples).
///
/// Source: uniform-svdd, section 5. differs from it in: see `classwise_metrics`; held-out thresholds and successful
/// attacks are ours.
void write_benchmark_metrics(Run& run, Database& database, Seed seed);

}  // namespace deepmine
