#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/model/model_file.h"
#include "framework/model/network.h"
#include "framework/model/tap.h"

namespace deepmine {

/// A frozen classifier, whatever it was made with: images in, logits out, always in eval mode.
class Classifier {
 public:
  virtual ~Classifier() = default;
  Classifier() = default;
  Classifier(const Classifier&) = delete;
  Classifier& operator=(const Classifier&) = delete;

  /// images float32 [N,C,H,W] -> logits [N, classes]; shows layer outputs to `tap`. Differentiable
  /// in the images.
  torch::Tensor logits(const torch::Tensor& images, const Tap& tap = {});
  /// The layers a tap sees, in order.
  virtual std::vector<std::string> layers() const = 0;
  /// SHA-256 of the file the weights came from.
  const std::string& sha256() const { return sha256_; }
  /// What the model file says of itself; empty for models that are not ours.
  const ModelFacts& facts() const { return facts_; }
  /// Every parameter and buffer, for checks that nothing changed them.
  virtual std::vector<torch::Tensor> state() const = 0;

 protected:
  virtual torch::Tensor forward(const torch::Tensor& images, const Tap& tap) = 0;
  virtual void force_evaluation() = 0;

  std::string sha256_;
  ModelFacts facts_;
};

/// A classifier from MODEL, which is a model file of ours (`.npz` with about.json), a TorchScript
/// file (images in, logits out; it runs the code in the file, so load only what you trust), or a
/// network's spec with its weights, `resnet20:weights=FILE.npz`. Throws `Error`.
std::unique_ptr<Classifier> load_classifier(const std::string& model);

/// Wraps a network that is in memory already.
std::unique_ptr<Classifier> classifier_of(std::shared_ptr<Network> network, ModelFacts facts = {},
                                          std::string sha256 = {});

/// The class of the highest logit, int64 [N]; images are taken in batches of 250.
torch::Tensor predict(Classifier& classifier, const torch::Tensor& images);

/// Throws `Error` unless `images` are float32 [N,C,H,W], N at least 1, finite and in [0,1] (`what`
/// names them). With `any_range` finite values outside [0,1] pass.
void check_images(const torch::Tensor& images, std::string_view what, bool any_range = false);

}  // namespace deepmine
