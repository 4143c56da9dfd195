#pragma once

namespace deepmine {

/// Sets what decides how torch rounds in this process: `threads` in each operation, deterministic algorithms, denormal
/// numbers taken for 0. Results depend on it, so it stands in their keys; called once, before torch does anything.
void set_arithmetic(int threads);

}  // namespace deepmine
