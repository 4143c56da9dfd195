#pragma once

#include <memory>

#include "experiments/odin_options.h"
#include "framework/run/measurement.h"
#include "framework/run/workplace.h"

namespace deepmine {

/// ODIN's protocol, ready to be measured. Throws `Error` as `Experiment::prepare` does.
std::unique_ptr<Measurement> odin_measurement(const OdinOptions& options, Workplace& place);

}  // namespace deepmine
