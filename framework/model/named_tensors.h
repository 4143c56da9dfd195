#pragma once

#include <torch/types.h>

#include <map>
#include <string>

#include "framework/core/array.h"
#include "framework/model/network.h"

namespace deepmine {

/// Tensors of float32 or int64 as they lie in a file.
using NamedTensors = std::map<std::string, torch::Tensor>;

/// What makes a trained network: its parameters, and the buffers that `forward` uses in eval mode.
NamedTensors weights_of(const Network& network);

std::map<std::string, Array> arrays_of(const NamedTensors& tensors);

/// Copies each array into the tensor of its name. Throws `Error` naming `file` and the array where one is missing,
/// superfluous, of another shape, or not finite.
void assign(const std::map<std::string, Array>& arrays, const NamedTensors& tensors, const std::string& file);

}  // namespace deepmine
