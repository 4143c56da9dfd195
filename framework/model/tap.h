#pragma once

#include <torch/types.h>

#include <functional>
#include <string_view>

namespace deepmine {

/// Sees a layer's output [N, ...] while a network runs. libtorch's C++ API has no forward hooks, so
/// a network calls `tap(name, output)` wherever it has something to show; an empty tap costs nothing.
using Tap = std::function<void(std::string_view layer, const torch::Tensor& output)>;

}  // namespace deepmine
