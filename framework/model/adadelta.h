#pragma once

#include <torch/optim/optimizer.h>

#include <vector>

namespace deepmine {

/// Steps that find their own size from running means of squared gradients and squared steps; the
/// group's rate scales them.
///
/// Source: Zeiler 2012, algorithm 1, with Keras' rate in front. differs from it in: nothing. libtorch's
/// C++ interface has none.
class Adadelta : public torch::optim::Optimizer {
 public:
  /// What Keras starts from: rate 1, decay 0.95, epsilon 1e-7.
  struct Constants {
    double decay = 0.95;
    double epsilon = 1e-7;
  };

  Adadelta(std::vector<torch::Tensor> parameters, double rate, Constants constants);

  torch::Tensor step(LossClosure closure = nullptr) override;
  /// The running means of each parameter's squared gradients and squared steps: all that it remembers.
  const std::vector<torch::Tensor>& squared_gradients() const { return squared_gradients_; }
  const std::vector<torch::Tensor>& squared_steps() const { return squared_steps_; }

 private:
  Constants constants_;
  std::vector<torch::Tensor> squared_gradients_, squared_steps_;
};

}  // namespace deepmine
