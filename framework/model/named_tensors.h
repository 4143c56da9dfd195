#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <string_view>

#include "framework/core/npz.h"

namespace deepmine {

class Network;

/// Tensors of float32 or int64 as they lie in a file.
using NamedTensors = std::map<std::string, torch::Tensor>;

/// What makes a trained network: its parameters, and the buffers that `forward` uses in eval mode.
NamedTensors weights_of(const Network& network);

std::map<std::string, Array> arrays_of(const NamedTensors& tensors);

/// Copies each array of `archive` into the tensor of its name. Throws `Error` naming the file and the array where one
/// is missing, superfluous, of another shape, or not finite, and for a text that is not `text`. Names are looked at
/// first, and no array is unpacked beyond its tensor's size: what else a file holds costs nothing. How many batches a
/// normalisation has seen, as torch counts them, may stand in the file and is passed over.
void assign(NpzReader& archive, std::string_view text, const NamedTensors& tensors);

}  // namespace deepmine
