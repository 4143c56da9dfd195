#pragma once

#include <memory>

#include "framework/core/progress.h"

namespace deepmine {

/// Shows progress on stderr: on a terminal a bar with rate and time left, elsewhere a line every
/// ten seconds. Work that ends within two seconds shows nothing. From here on the process is at work on its outputs
/// (`output_claim.h`).
std::unique_ptr<Progress> make_progress(bool quiet);

}  // namespace deepmine
