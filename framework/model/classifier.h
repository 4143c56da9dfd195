#pragma once

#include <torch/types.h>

#include <memory>
#include <string>

#include "framework/model/model.h"

namespace deepmine {

/// A model whose output is logits.
class Classifier : public Model {
 public:
  /// Throws `Error` for an autoencoder.
  explicit Classifier(Model model);

  /// images [N,C,H,W] -> logits [N, classes], see `class_logits`; shows layer outputs to `tap`. Throws `Error` when the
  /// output is something else.
  torch::Tensor logits(const torch::Tensor& images, const Tap& tap = {});
};

/// Outputs [N, classes] as they are; of a single logit z, [N] or [N,1], those of two classes, 0 and z.
torch::Tensor class_logits(const torch::Tensor& outputs);

/// See `load_model`.
std::unique_ptr<Classifier> load_classifier(const std::string& model);

/// Wraps a network that is in memory already.
std::unique_ptr<Classifier> classifier_of(std::shared_ptr<Network> network, ModelFacts facts = {},
                                          std::string sha256 = {});

/// The class of the highest logit, int64 [N]; images are taken in batches of 250, of which `threads` pass at once.
torch::Tensor predict(Classifier& classifier, const torch::Tensor& images, int threads = 1);

}  // namespace deepmine
