#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <memory>
#include <string>

#include "framework/model/tap.h"

namespace deepmine {

/// A convolution with the batch normalisation after it. Both are modules of the owner, under names of its own, so that
/// this pair leaves no trace in model files.
class ConvBn : public torch::nn::Module {
 public:
  struct Names {
    std::string conv, bn;                        ///< as modules of the owner, hence in model files
    std::string conv_layer = {}, bn_layer = {};  ///< as a tap sees them; empty: as modules
  };

  /// A pair that has been registered in `owner`.
  static std::shared_ptr<ConvBn> in(torch::nn::Module& owner, Names names, const torch::nn::Conv2dOptions& convolution,
                                    const torch::nn::BatchNormOptions& normalisation);

  /// [N,C,H,W] to [N,out,h,w]. Shows the tap both outputs.
  torch::Tensor forward(const torch::Tensor& x, const Tap& tap);

  /// From now on passes in eval mode and without tap take one convolution, into whose weights of now the normalisation
  /// is multiplied: the same up to rounding, in less time.
  void fold();

 private:
  ConvBn(Names names, torch::nn::Conv2d convolution, torch::nn::BatchNorm2d normalisation);

  Names names_;
  torch::nn::Conv2d conv_;
  torch::nn::BatchNorm2d bn_;
  torch::Tensor weight_, bias_;  ///< folded; undefined until then
};

}  // namespace deepmine
