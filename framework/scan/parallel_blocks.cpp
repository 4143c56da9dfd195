#include "framework/scan/parallel_blocks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace deepmine {

void parallel_blocks(std::size_t count, std::size_t block, std::size_t threads,
                     const std::function<void(std::size_t, std::size_t)>& work) {
  const std::size_t blocks = (count + block - 1) / block;
  std::vector<std::exception_ptr> errors(blocks);
  std::atomic<std::size_t> next{0};
  const auto take_blocks = [&] {
    for (std::size_t b = next++; b < blocks; b = next++) {
      try {
        work(b * block, std::min(count, (b + 1) * block));
      } catch (...) {
        errors[b] = std::current_exception();
      }
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min(threads, blocks); ++i) others.emplace_back(take_blocks);
  take_blocks();
  for (std::thread& thread : others) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace deepmine
