#pragma once

#include <memory>

#include "experiments/autoencoder_scan_options.h"
#include "framework/run/measurement.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// Autoencoder-scan's protocol, ready to be measured. Throws `Error` as `Experiment::prepare` does.
std::unique_ptr<Measurement> autoencoder_scan_measurement(const AutoencoderScanOptions& options, Workplace& place);

}  // namespace deepmine
