#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "framework/core/spec.h"
#include "framework/data/dataset.h"

namespace deepmine {

/// Chances of the 256 values of a byte: `upto[v]` is that of v or less, `upto[255]` is 1.
using ByteChances = std::array<double, 256>;

/// What all datasets of noise have in common.
struct NoiseOptions {
  std::int64_t n = 10000;
  std::string shape = "3x32x32";
  std::int64_t seed = 1;

  void describe(Fields& fields);
  /// Channels, height and width. Throws `Error`.
  std::array<std::int64_t, 3> sizes() const;
  /// Brings `shape` into its canonical form. Throws `Error` for what is none.
  void settle();
};

/// `n` images, each value of each an independent draw. Image i comes from the child "NAME", part, i of the seed: fewer
/// images are the first of more, and the parts share none. No labels.
Dataset draw_noise(std::string_view name, Part part, const NoiseOptions& options, const ByteChances& upto);

}  // namespace deepmine
