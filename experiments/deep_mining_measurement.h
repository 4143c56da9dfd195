#pragma once

#include <memory>

#include "experiments/deep_mining_options.h"
#include "framework/run/measurement.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// Deep-mining's protocol, ready to be measured. Throws `Error` as `Experiment::prepare` does.
std::unique_ptr<Measurement> deep_mining_measurement(const DeepMiningOptions& options, Workplace& place);

}  // namespace deepmine
