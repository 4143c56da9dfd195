#pragma once

#include "framework/attack/attack.h"

namespace deepmine {

/// What BIM-a and BIM-b have in common: options, and one step.
struct LidBimOptions : FixedEpsilonOptions {
  double step = 0.005;
  std::int64_t steps = 50;

  LidBimOptions() { epsilon = 0.05; }

  void describe(Fields& fields) {
    const char* const source = "LID repository, CIFAR-10";
    fields.add({"epsilon", &epsilon, "pixel units of [0,1]", "largest change of a pixel", source, {0, 1}});
    fields.add({"step", &step, "pixel units of [0,1]", "change of a pixel per step", source, {0, 1}});
    fields.add({"steps", &steps, "steps", "number of steps", source, {1, 100000}});
    ClipOptions::describe(fields);
  }
  static Presets presets() {
    const auto preset = [](const char* name, const char* epsilon, const char* step) {
      return Preset{name, "LID repository", {{"epsilon", epsilon}, {"step", step}, {"steps", "50"}}};
    };
    return {preset("lid-mnist", "0.4", "0.01"), preset("lid-cifar", "0.05", "0.005"),
            preset("lid-svhn", "0.13", "0.01")};
  }

  /// `x` after one step, clipped to the range and then to the box.
  torch::Tensor stepped(const torch::Tensor& x, const torch::Tensor& ascent, const torch::Tensor& clean) const {
    return boxed(clipped(x + step * ascent.sign()), clean);
  }
  double share(std::int64_t done) const { return static_cast<double>(done) / static_cast<double>(steps); }
};

}  // namespace deepmine
