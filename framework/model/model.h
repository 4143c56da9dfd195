#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "framework/model/tap.h"

namespace deepmine {

/// What a frozen network runs in: one of ours, or a TorchScript file.
class ModelBody {
 public:
  virtual ~ModelBody() = default;
  virtual torch::Tensor forward(const torch::Tensor& images, const Tap& tap) = 0;
  virtual void force_evaluation() = 0;
  virtual std::vector<std::string> layers() const = 0;
  virtual std::vector<torch::Tensor> state() const = 0;
};

/// The pixels a model takes, where the images are in [0,1].
struct PixelRange {
  double low = 0;
  double high = 1;

  bool is_unit() const { return low == 0 && high == 1; }
  /// Images in [0,1] in the model's units, and back.
  torch::Tensor from_unit(const torch::Tensor& images) const;
  torch::Tensor to_unit(const torch::Tensor& images) const;
};

/// A frozen network, whatever it was made with: images in, something out, always in eval mode.
class Model {
 public:
  /// The network's weights must not change from here on.
  Model(std::shared_ptr<Network> network, ModelFacts facts, std::string sha256);
  /// A TorchScript file. It runs the code in the file, so load only what you trust. Throws `Error` for a damaged one.
  explicit Model(const std::filesystem::path& script);
  virtual ~Model() = default;
  Model(Model&&) = default;
  Model& operator=(Model&&) = delete;

  /// images float32 [N,C,H,W] -> [N, ...]; shows layer outputs to `tap`. Differentiable in the images.
  virtual torch::Tensor output(const torch::Tensor& images, const Tap& tap = {});
  /// From now on images in [0,1] are brought to `range` before the network sees them.
  void take(PixelRange range) { range_ = range; }
  /// The layers a tap sees, in order.
  virtual std::vector<std::string> layers() const { return body_->layers(); }
  /// What errors call it: a file, or a network's spec.
  const std::string& name() const { return name_; }
  /// SHA-256 of the file the weights came from.
  const std::string& sha256() const { return sha256_; }
  /// What the model file says of itself; empty for models that are not ours.
  const ModelFacts& facts() const { return facts_; }
  /// Whether the output is the images again; none where that is not known (TorchScript).
  std::optional<bool> reconstructs() const { return reconstructs_; }
  /// Every parameter and buffer, for checks that nothing changed them.
  std::vector<torch::Tensor> state() const { return body_->state(); }

 private:
  std::unique_ptr<ModelBody> body_;
  std::string name_;
  std::string sha256_;
  ModelFacts facts_;
  std::optional<bool> reconstructs_;
  PixelRange range_;
};

/// A model from MODEL, which is a model file of ours (`.npz` with about.json), a TorchScript file, or a
/// network's spec with its weights, `resnet20:weights=FILE.npz`. Throws `Error`.
Model load_model(const std::string& model);

/// Throws `Error` unless `images` are float32 [N,C,H,W], N at least 1, finite and in [0,1] (`what`
/// names them). With `any_range` finite values outside [0,1] pass.
void check_images(const torch::Tensor& images, std::string_view what, bool any_range = false);

}  // namespace deepmine
