#pragma once

#include <torch/nn/module.h>

#include <string>

#include "framework/core/spec.h"

namespace deepmine {

class Model;

/// What a network's options say of its first step, (images - mean) / std.
struct NormalisationOptions {
  static constexpr const char* kFitted = "fitted";

  /// `fitted`, the mean of each pixel over the training images, or in units of [0,1] one number for all channels, or
  /// one for each: [0.485,0.456,0.406], [125.3/255,123/255,113.9/255].
  std::string mean = kFitted;
  std::string std = "1";  ///< one number, or one for each channel

  /// `source` is that of both defaults.
  void describe(Fields& fields, const std::string& source);
  /// Brings the numbers into their canonical form. Throws `Error`.
  void settle();
};

/// The first step of a network, which brings images in [0,1] to what its weights were trained on: (images - mean) /
/// std, each channel on its own. A part of the network, so that attacks, their epsilon and every activation refer to
/// [0,1].
class Normalisation {
 public:
  /// Of images with `channels` channels and `size` x `size` pixels. A fitted mean is a buffer "mean" of `owner`, which
  /// its file holds; given numbers are in no file but its spec. Throws `Error` for other numbers than one for all or
  /// one for each channel.
  Normalisation(torch::nn::Module& owner, const NormalisationOptions& options, std::int64_t channels,
                std::int64_t size);

  /// images [N,C,H,W] to the same shape.
  torch::Tensor operator()(const torch::Tensor& images) const;
  /// Takes the mean of each pixel over the training images, uint8 [N,C,H,W], if it is to be fitted.
  void fit(const torch::Tensor& images);

 private:
  bool fitted_;
  torch::Tensor mean_;  ///< [C,H,W] if fitted, else [C or 1,1,1], undefined for 0
  torch::Tensor std_;   ///< [C or 1,1,1], undefined for 1
};

/// How far a pixel in [0,1] moves, float32 [C or 1,1,1], when the first step of the model moves by 1: its std, less
/// where the model takes a wider range. Throws `Error` for models that do not say it: TorchScript files, networks
/// without option std.
torch::Tensor input_std(const Model& model);

}  // namespace deepmine
