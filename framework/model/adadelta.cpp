#include "framework/model/adadelta.h"

#include <torch/utils.h>

#include <stdexcept>

namespace deepmine {
namespace {

struct Rate : torch::optim::OptimizerCloneableOptions<Rate> {
  explicit Rate(double value) : rate(value) {}
  double get_lr() const override { return rate; }
  void set_lr(double value) override { rate = value; }
  double rate;
};

}  // namespace

Adadelta::Adadelta(std::vector<torch::Tensor> parameters, double rate, Constants constants)
    : Optimizer(std::move(parameters), std::make_unique<Rate>(rate)), constants_(constants) {
  for (const torch::Tensor& parameter : param_groups()[0].params()) {
    squared_gradients_.push_back(torch::zeros_like(parameter));
    squared_steps_.push_back(torch::zeros_like(parameter));
  }
}

torch::Tensor Adadelta::step(LossClosure closure) {
  if (closure) throw std::logic_error("Adadelta takes no closure");
  torch::NoGradGuard no_gradient;
  const auto [decay, epsilon] = constants_;
  const double rate = param_groups()[0].options().get_lr();
  std::vector<torch::Tensor>& parameters = param_groups()[0].params();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const torch::Tensor& gradient = parameters[i].grad();
    if (!gradient.defined()) continue;
    squared_gradients_[i].mul_(decay).addcmul_(gradient, gradient, 1 - decay);
    const torch::Tensor length = (squared_steps_[i] + epsilon).div_(squared_gradients_[i] + epsilon).sqrt_();
    const torch::Tensor step = length.mul_(gradient);
    squared_steps_[i].mul_(decay).addcmul_(step, step, 1 - decay);
    parameters[i].add_(step, -rate);
  }
  return {};
}

}  // namespace deepmine
