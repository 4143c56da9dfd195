#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "framework/model/model.h"

namespace deepmine {

/// A model whose output is the images again. Has one layer more than its network,
/// `reconstruction-error`: the error of each pixel, [N,C,H,W].
class Autoencoder : public Model {
 public:
  static constexpr const char* kError = "reconstruction-error";

  /// Throws `Error` for a classifier.
  explicit Autoencoder(Model model);

  /// Throws `Error` when the output is not of the images' size.
  torch::Tensor output(const torch::Tensor& images, const Tap& tap = {}) override;
  std::vector<std::string> layers() const override;
};

/// See `load_model`.
std::unique_ptr<Autoencoder> load_autoencoder(const std::string& model);

/// Binary cross-entropy of each pixel, -(x ln y + (1 - x) ln(1 - y)), with y cut off to [1e-7, 1 - 1e-7];
/// x are the `images`, anomalous ones as they are, y the `reconstruction`, both [N,C,H,W].
/// Source: autoencoder-scan, its reconstruction-error scan.
torch::Tensor reconstruction_error(const torch::Tensor& images, const torch::Tensor& reconstruction);

}  // namespace deepmine
