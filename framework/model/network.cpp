#include "framework/model/network.h"

#include <cmath>

#include "framework/core/error.h"
#include "framework/model/conv_bn.h"

namespace deepmine {

void use_channels_last(torch::nn::Module& network) {
  for (torch::Tensor& parameter : network.parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

std::vector<Layer> Network::layers() {
  torch::NoGradGuard no_gradient;
  const bool training = is_training();
  eval();  // one image has no batch statistics to leave behind
  const ImageShape shape = input();
  std::vector<Layer> layers;
  forward(torch::zeros({1, shape.channels, shape.size, shape.size}),
          [&](std::string_view name, const torch::Tensor& output) {
            layers.push_back({std::string(name), output.sizes().slice(1).vec()});
          });
  train(training);
  return layers;
}

void Network::fold() {
  for (const auto& module : modules()) {
    if (auto* pair = module->as<ConvBn>()) pair->fold();
  }
}

void Network::check_size(const torch::Tensor& images) const {
  const ImageShape shape = input();
  ensure(
      images.size(1) == shape.channels && images.size(2) == shape.size && images.size(3) == shape.size,
      "expected images of {} x {} x {} (channels, height, width), found {} x {} x {}; set the network's channels and "
      "size",
      shape.channels, shape.size, shape.size, images.size(1), images.size(2), images.size(3));
}

void he_normal(torch::Tensor weight, Seed seed) {
  // The standard deviation of a unit normal cut off at +-2, as in Keras' VarianceScaling.
  constexpr double kTruncatedDeviation = 0.87962566103423978;
  const double cut = std::erf(2 / std::sqrt(2.0));
  const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
  const double scale = std::sqrt(2.0 / fan_in) / kTruncatedDeviation * std::sqrt(2.0);
  torch::Tensor draws = torch::empty(weight.sizes(), torch::kFloat64);
  double* values = draws.data_ptr<double>();
  RandomStream random(seed);
  for (std::int64_t i = 0; i < draws.numel(); ++i) values[i] = (2 * random.uniform() - 1) * cut;
  torch::NoGradGuard no_gradient;
  weight.copy_(draws.erfinv_().mul_(scale));
}

void he_normal(torch::nn::Module& network, Seed seed) {
  torch::NoGradGuard no_gradient;
  for (auto& item : network.named_parameters()) {
    if (item.value().dim() > 1) {
      he_normal(item.value(), seed.child(item.key()));
    } else {
      item.value().zero_();
    }
  }
  for (const auto& module : network.modules()) {
    if (auto* bn = module->as<torch::nn::BatchNorm2d>()) {
      bn->weight.fill_(1);
      bn->reset_running_stats();
    }
  }
}

void glorot_uniform(torch::nn::Module& network, Seed seed) {
  torch::NoGradGuard no_gradient;
  for (auto& item : network.named_parameters()) {
    torch::Tensor& weight = item.value();
    if (weight.dim() < 2) {
      weight.zero_();
      continue;
    }
    const std::int64_t field = weight.dim() == 4 ? weight.size(2) * weight.size(3) : 1;
    const auto fans = static_cast<double>((weight.size(0) + weight.size(1)) * field);
    const double limit = std::sqrt(6 / fans);
    torch::Tensor draws = torch::empty(weight.sizes(), torch::kFloat64);
    double* values = draws.data_ptr<double>();
    RandomStream random(seed.child(item.key()));
    for (std::int64_t i = 0; i < draws.numel(); ++i) values[i] = (2 * random.uniform() - 1) * limit;
    weight.copy_(draws);
  }
}

}  // namespace deepmine
