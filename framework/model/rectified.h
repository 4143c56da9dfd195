#pragma once

#include <torch/types.h>

#include <string_view>
#include <utility>

#include "framework/model/tap.h"

namespace deepmine {

/// The rectified `x`, shown to the tap as `layer`. Written over `x`, which nothing else may hold but the tap that saw it:
/// where there is none, a pass moves a third fewer bytes. The values are the same, and so are the gradients.
inline torch::Tensor rectified(const Tap& tap, std::string_view layer, torch::Tensor x) {
  if (!tap) return std::move(x.relu_());
  return shown(tap, layer, torch::relu(x));
}

}  // namespace deepmine
