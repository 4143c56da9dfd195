#include "framework/model/batches.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "framework/core/parallel_blocks.h"

namespace deepmine {

void in_batches(const Model& model, std::int64_t count, std::int64_t batch, int threads,
                const std::function<void(std::int64_t begin, std::int64_t end)>& pass) {
  const auto at_once = static_cast<std::size_t>(model.passes_at_once(threads));
  parallel_blocks(static_cast<std::size_t>(count), static_cast<std::size_t>(batch), at_once,
                  [&](std::size_t begin, std::size_t end) {
                    // A thread that has asked nothing of torch yet would let oneDNN take a thread for each core.
                    at::get_num_threads();
                    pass(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end));
                  });
}

std::int64_t batches_at_once(const Model& model, std::int64_t count, std::int64_t batch, int threads) {
  return std::min<std::int64_t>(model.passes_at_once(threads), (count + batch - 1) / batch);
}

}  // namespace deepmine
