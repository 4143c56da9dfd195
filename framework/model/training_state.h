#pragma once

#include <torch/optim/optimizer.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "framework/model/network.h"

namespace deepmine {

/// Writes all that continuing a training needs: weights, running statistics and the optimizer's memory as a numpy
/// archive. (libtorch's own archives are programs; reading one of these runs nothing.)
void save_training(const std::filesystem::path& path, const std::string& identity, std::int64_t epochs_done,
                   const Network& network, torch::optim::Optimizer& optimizer);

/// Reads what `save_training` wrote into `network` and `optimizer`; returns the epochs done. Throws `Error` for a
/// damaged file, one of another `identity`, and one that claims more than `epochs`.
std::int64_t load_training(const std::filesystem::path& path, const std::string& identity, std::int64_t epochs,
                           Network& network, torch::optim::Optimizer& optimizer);

}  // namespace deepmine
