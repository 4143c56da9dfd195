#include "framework/model/adadelta.h"

#include <torch/serialize.h>
#include <torch/utils.h>

#include <stdexcept>
#include <string>

namespace deepmine {
namespace {

struct Rate : torch::optim::OptimizerCloneableOptions<Rate> {
  explicit Rate(double value) : rate(value) {}
  double get_lr() const override { return rate; }
  void set_lr(double value) override { rate = value; }
  double rate;
};

std::string name_of(const char* what, std::size_t i) { return what + std::to_string(i); }

constexpr const char* kGradients = "squared_gradients_";
constexpr const char* kSteps = "squared_steps_";

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

void Adadelta::save(torch::serialize::OutputArchive& archive) const {
  for (std::size_t i = 0; i < squared_gradients_.size(); ++i) {
    archive.write(name_of(kGradients, i), squared_gradients_[i], true);
    archive.write(name_of(kSteps, i), squared_steps_[i], true);
  }
}

void Adadelta::load(torch::serialize::InputArchive& archive) {
  for (std::size_t i = 0; i < squared_gradients_.size(); ++i) {
    archive.read(name_of(kGradients, i), squared_gradients_[i], true);
    archive.read(name_of(kSteps, i), squared_steps_[i], true);
  }
}

}  // namespace deepmine
