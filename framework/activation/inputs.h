#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "framework/activation/activations.h"

namespace deepmine {

/// Images as a classifier sees them: each quantity is worked out when it is first asked for, in one pass with whatever
/// `require` named. Or values that another program has worked out, which stand for any of them.
class Inputs {
 public:
  /// Images float32 [N,C,H,W], at least one; the model is kept by reference. Nobody is shown how far they are.
  Inputs(Classifier& model, torch::Tensor images);
  /// The same; `progress`, which is told of passes under the name `what`, is kept by reference.
  Inputs(Classifier& model, torch::Tensor images, std::string what, Progress& progress);
  /// Values [N x nodes], float32 or float64: the logits or the one layer that a detector reads. Throws `Error` for none.
  explicit Inputs(torch::Tensor values);

  std::int64_t size() const;
  bool has_images() const { return model_ != nullptr; }
  /// Both throw `Error` where there are values alone.
  const torch::Tensor& images() const;
  Classifier& model() const;

  /// [N, classes], of the model's or the values' type.
  const torch::Tensor& logits() const;
  /// The logits, from one who came by them on the way to something else; left alone where they are known.
  void tell_logits(torch::Tensor logits) const;
  /// int64 [N]: the class of each input's highest logit, or what `predict` was told.
  const torch::Tensor& predicted() const;
  void predict(torch::Tensor classes) { predicted_ = std::move(classes); }
  /// [N x values], float32, or of the values' type. Throws `Error` for unknown layers and activations that are not finite.
  torch::Tensor feature(const Feature& feature) const;
  /// Works out the logits and these features in one pass, where there are images. Throws `Error` like `feature`.
  void require(const std::set<Feature>& features) const;

  const std::string& what() const { return what_; }
  Progress& progress() const { return *progress_; }

  torch::Tensor labels;  ///< int64 [N]; undefined where nobody gave them

 private:
  Classifier* model_ = nullptr;
  std::string what_;
  Progress* progress_;
  torch::Tensor images_, values_;
  mutable torch::Tensor logits_, predicted_;
  mutable std::map<Feature, torch::Tensor> features_;
};

}  // namespace deepmine
