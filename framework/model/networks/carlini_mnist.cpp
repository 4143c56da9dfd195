#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "framework/model/network.h"
#include "framework/model/normalisation.h"
#include "framework/model/rectified.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

/// The MNIST network of Carlini and Wagner's attacks: four convolutions without padding and three dense layers, 312,202
/// parameters.
///
/// Source: Carlini, Wagner 2017, table I; their code `setup_mnist.py`, whose weights load once their dense layer takes
/// its inputs channels first. differs from it in: no dropout in training.
class CarliniMnist : public Network {
 public:
  struct Options {
    NormalisationOptions normalisation{"0.5", "1"};

    void describe(Fields& fields) { normalisation.describe(fields, "Carlini's code, 2017"); }
    void settle() { normalisation.settle(); }
  };

  explicit CarliniMnist(const Options& options)
      : normalise_(*this, options.normalisation, kShape.channels, kShape.size),
        conv1_(register_module("conv1", nn::Conv2d(1, 32, 3))),
        conv2_(register_module("conv2", nn::Conv2d(32, 32, 3))),
        conv3_(register_module("conv3", nn::Conv2d(32, 64, 3))),
        conv4_(register_module("conv4", nn::Conv2d(64, 64, 3))),
        fc1_(register_module("fc1", nn::Linear(64 * 4 * 4, 200))),
        fc2_(register_module("fc2", nn::Linear(200, 200))),
        fc3_(register_module("fc3", nn::Linear(200, 10))) {}

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    const auto relu = [&](const char* layer, const torch::Tensor& y) { return rectified(tap, layer, y); };
    const auto pool = [&](const char* layer, const torch::Tensor& y) {
      return shown(tap, layer, F::max_pool2d(y, F::MaxPool2dFuncOptions(2)));
    };
    x = normalise_(x).contiguous(at::MemoryFormat::ChannelsLast);
    x = relu("relu1", shown(tap, "conv1", conv1_(x)));
    x = pool("pool1", relu("relu2", shown(tap, "conv2", conv2_(x))));
    x = relu("relu3", shown(tap, "conv3", conv3_(x)));
    x = pool("pool2", relu("relu4", shown(tap, "conv4", conv4_(x))));
    x = relu("relu5", shown(tap, "fc1", fc1_(x.contiguous().flatten(1))));
    x = relu("relu6", shown(tap, "fc2", fc2_(x)));
    return shown(tap, "logits", fc3_(x));
  }

  ImageShape input() const override { return kShape; }
  void initialise(Seed seed) override { glorot_uniform(*this, seed); }
  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images);
    normalise_.fit(images);
  }

 private:
  static constexpr ImageShape kShape{1, 28};

  Normalisation normalise_;
  nn::Conv2d conv1_, conv2_, conv3_, conv4_;
  nn::Linear fc1_, fc2_, fc3_;
};

DEEPMINE_NETWORK(CarliniMnist, "carlini-mnist", "Carlini and Wagner's network for MNIST");

}  // namespace
}  // namespace deepmine
