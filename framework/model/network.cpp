#include "framework/model/network.h"

#include <cmath>

namespace deepmine {

void use_channels_last(torch::nn::Module& network) {
  for (torch::Tensor& parameter : network.parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
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

}  // namespace deepmine
