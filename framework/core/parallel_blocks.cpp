#include "framework/core/parallel_blocks.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <vector>

#include "framework/core/interrupt.h"

namespace deepmine {

void parallel_blocks(std::size_t count, std::size_t block, std::size_t threads,
                     const std::function<void(std::size_t, std::size_t)>& work) {
  const std::size_t blocks = (count + block - 1) / block;
  std::vector<std::exception_ptr> errors(blocks);
  std::atomic<std::size_t> first_failed{blocks};
  const auto take = [&](std::size_t b) {
    if (b > first_failed) return;
    try {
      throw_if_interrupted();
      work(b * block, std::min(count, (b + 1) * block));
    } catch (...) {
      errors[b] = std::current_exception();
      std::size_t first = first_failed;
      while (b < first && !first_failed.compare_exchange_weak(first, b)) {
      }
    }
  };
  const std::size_t workers = std::min(threads, blocks);
  if (workers <= 1) {
    for (std::size_t b = 0; b < blocks; ++b) take(b);
  } else {
    // An arena alone would not get more threads than there are cores.
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);
    tbb::task_arena arena(static_cast<int>(workers));
    arena.execute([&] { tbb::parallel_for(std::size_t{0}, blocks, take, tbb::simple_partitioner()); });
  }
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace deepmine
