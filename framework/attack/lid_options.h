#pragma once

#include "framework/attack/attack.h"

namespace deepmine {

/// Options of BIM-a and BIM-b, and how far they are after some steps.
struct LidBimOptions : FixedEpsilonOptions {
  double step = 0.005;
  std::int64_t steps = 50;

  LidBimOptions() { epsilon = 0.05; }
  void describe(Fields& fields);
  static Presets presets();
  /// `x` after one step, clipped to the range and then to the box.
  torch::Tensor stepped(const torch::Tensor& x, const torch::Tensor& ascent, const torch::Tensor& clean) const;
  double share(std::int64_t done) const { return static_cast<double>(done) / static_cast<double>(steps); }
};

}  // namespace deepmine
