#include "framework/model/arithmetic.h"

#include <dlfcn.h>
#include <torch/types.h>

#include <ATen/Parallel.h>

namespace deepmine {
namespace {

/// OpenBLAS, where an administrator chose it for libblas.so.3, keeps threads of its own, one a core.
void limit_blas(int threads) {
  using SetThreads = void (*)(int);
  const auto set = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(threads);
}

}  // namespace

void set_arithmetic(int threads) {
  // Adam and L2 drive the weights of dead filters to denormal numbers, with which a convolution took
  // three times as long. Threads started from now on inherit the setting.
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(threads);
  at::set_num_interop_threads(threads);
  limit_blas(threads);
  at::globalContext().setDeterministicAlgorithms(true, false);
}

}  // namespace deepmine
