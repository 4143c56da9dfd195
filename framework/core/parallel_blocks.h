#pragma once

#include <cstddef>
#include <functional>

namespace deepmine {

/// Calls `work(begin, end)` for consecutive blocks of at most `block` indices that cover
/// {0, ..., count - 1}, on `threads` threads (0 counts as 1). Which thread takes which block is
/// left open, so `work` must not depend on it. After an interrupt no block is begun, which counts as
/// `work` throwing `Interrupted`. After an exception only blocks before the one that threw are begun;
/// the exception of the first block that throws reaches the caller, after all threads have ended.
void parallel_blocks(std::size_t count, std::size_t block, std::size_t threads,
                     const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace deepmine
