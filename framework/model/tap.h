#pragma once

#include <torch/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace deepmine {

/// Sees a layer's output [N, ...] while a network runs. libtorch's C++ API has no forward hooks, so
/// a network calls `tap(name, output)` wherever it has something to show; an empty tap costs nothing.
using Tap = std::function<void(std::string_view layer, const torch::Tensor& output)>;

/// Shows `output` to the tap, if there is one, and hands it on.
inline torch::Tensor shown(const Tap& tap, std::string_view layer, torch::Tensor output) {
  if (tap) tap(layer, output);
  return output;
}

/// A tap for a part of a network: `tap` sees its layers as "part.layer". Must not outlive `tap`; empty where that is.
inline Tap within(const Tap& tap, std::string_view part) {
  if (!tap) return {};
  return [&tap, prefix = std::string(part) + "."](std::string_view layer, const torch::Tensor& output) {
    tap(prefix + std::string(layer), output);
  };
}

}  // namespace deepmine
