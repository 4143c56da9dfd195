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
  void save(torch::serialize::OutputArchive& archive) const override;
  void load(torch::serialize::InputArchive& archive) override;

 private:
  Constants constants_;
  std::vector<torch::Tensor> squared_gradients_, squared_steps_;  ///< running means, by parameter
};

}  // namespace deepmine
