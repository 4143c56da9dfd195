#include <torch/torch.h>

#include <algorithm>
#include <thread>

#include "framework/app/command.h"

namespace deepmine {

int thread_count(int threads) {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, threads > 0 ? threads : cores);
}

int set_up_torch(int threads) {
  torch::set_num_threads(thread_count(threads));
  at::globalContext().setDeterministicAlgorithms(true, false);
  return torch::get_num_threads();
}

}  // namespace deepmine
