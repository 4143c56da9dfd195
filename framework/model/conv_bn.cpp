#include "framework/model/conv_bn.h"

#include <utility>

namespace deepmine {

namespace nn = torch::nn;

namespace {

torch::Tensor exact(const torch::Tensor& tensor) { return tensor.detach().to(torch::kFloat64); }

}  // namespace

ConvBn::ConvBn(Names names, nn::Conv2d convolution, nn::BatchNorm2d normalisation)
    : names_(std::move(names)), conv_(std::move(convolution)), bn_(std::move(normalisation)) {
  if (names_.conv_layer.empty()) names_.conv_layer = names_.conv;
  if (names_.bn_layer.empty()) names_.bn_layer = names_.bn;
}

std::shared_ptr<ConvBn> ConvBn::in(nn::Module& owner, Names names, const nn::Conv2dOptions& convolution,
                                   const nn::BatchNormOptions& normalisation) {
  const nn::Conv2d conv = owner.register_module(names.conv, nn::Conv2d(convolution));
  const nn::BatchNorm2d bn = owner.register_module(names.bn, nn::BatchNorm2d(normalisation));
  const std::string own_name = names.conv + "+" + names.bn;  // no parameters of its own: in no file
  return owner.register_module(own_name, std::shared_ptr<ConvBn>(new ConvBn(std::move(names), conv, bn)));
}

torch::Tensor ConvBn::forward(const torch::Tensor& x, const Tap& tap) {
  if (weight_.defined() && !tap && !is_training()) {
    const auto& options = conv_->options;
    return torch::conv2d(x, weight_, bias_, options.stride(), c10::get<torch::ExpandingArray<2>>(options.padding()));
  }
  return shown(tap, names_.bn_layer, bn_(shown(tap, names_.conv_layer, conv_(x))));
}

void ConvBn::fold() {
  const torch::Tensor& weight = conv_->weight;
  const torch::Tensor scale = exact(bn_->weight) / (exact(bn_->running_var) + bn_->options.eps()).sqrt();
  const torch::Tensor bias = conv_->bias.defined() ? exact(conv_->bias) : torch::zeros_like(scale);
  const auto type = weight.scalar_type();
  weight_ = (exact(weight) * scale.view({-1, 1, 1, 1})).to(type).contiguous(at::MemoryFormat::ChannelsLast);
  bias_ = ((bias - exact(bn_->running_mean)) * scale + exact(bn_->bias)).to(type);
}

}  // namespace deepmine
