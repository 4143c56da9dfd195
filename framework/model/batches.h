#pragma once

#include <cstdint>
#include <functional>

#include "framework/model/model.h"

namespace deepmine {

/// Calls `pass(begin, end)` for consecutive batches of at most `batch` of `count` images, on up to `threads` threads at
/// once where passes of the model may overlap. Within a batch torch has as many threads as it has for the caller (of a
/// command one, see `set_up_torch`), so that what comes out hangs on no `threads`. Throws as `parallel_blocks` does.
void in_batches(const Model& model, std::int64_t count, std::int64_t batch, int threads,
                const std::function<void(std::int64_t begin, std::int64_t end)>& pass);

/// How many of these batches pass at once, at most.
std::int64_t batches_at_once(const Model& model, std::int64_t count, std::int64_t batch, int threads);

}  // namespace deepmine
