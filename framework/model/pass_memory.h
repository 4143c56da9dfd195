#pragma once

#include <cstdint>

#include "framework/model/model.h"

namespace deepmine {

class Network;

/// About the bytes of libtorch's code and kernels that a process touches only as images pass.
inline constexpr std::uint64_t kLibraryMemory = 100'000'000;

/// About the bytes that each image of a batch takes while the batch passes through a network.
struct PassMemory {
  std::uint64_t forward = 0;        ///< in eval mode, without gradient
  std::uint64_t with_gradient = 0;  ///< forward and back
};

/// Of images like `image` [1,C,H,W], by what a tap sees of all layers. What a TorchScript program does where it shows
/// no layers is not foreseen.
PassMemory pass_memory(Model& model, const torch::Tensor& image);
PassMemory pass_memory(Network& network, const torch::Tensor& image);

}  // namespace deepmine
