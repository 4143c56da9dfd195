#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "framework/model/network.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

torch::Tensor half_size(const torch::Tensor& x) {
  return F::max_pool2d(x, F::MaxPool2dFuncOptions(2));
}

/// The classifier that autoencoder-scan attacks: two convolutions and two dense layers, 225,034
/// parameters at 1 x 28 x 28. Gives logits: the published one's softmax is the loss's.
///
/// Source: autoencoder-scan, its published MNIST classifier. differs from it in: the order in which
/// dense_1 takes its inputs.
class Cnn : public Network {
 public:
  struct Options {
    std::int64_t channels = 1;
    std::int64_t size = 28;
    std::int64_t classes = 10;

    void describe(Fields& fields) {
      fields.add({"channels", &channels, "", "channels of the images", "autoencoder-scan", {1, 3}});
      fields.add({"size", &size, "pixels", "height and width of the images", "autoencoder-scan",
                  {10, 256}});
      fields.add({"classes", &classes, "", "number of classes", "autoencoder-scan", {2, 100000}});
    }
  };

  explicit Cnn(Options options)
      : options_(options),
        conv1_(register_module("conv2d_1", nn::Conv2d(options.channels, 32, 3))),
        conv2_(register_module("conv2d_2", nn::Conv2d(32, 64, 3))),
        dense1_(register_module("dense_1", nn::Linear(flat_size(options.size), 128))),
        dense2_(register_module("dense_2", nn::Linear(128, options.classes))) {}

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    const auto show = [&](const char* layer, torch::Tensor output) { return shown(tap, layer, std::move(output)); };
    x = x.contiguous(at::MemoryFormat::ChannelsLast);
    x = show("max_pooling2d_1", half_size(show("conv2d_1", conv1_(x).relu_())));
    x = show("max_pooling2d_2", half_size(show("conv2d_2", conv2_(x).relu_())));
    x = show("dense_1", dense1_(x.contiguous().flatten(1)).relu_());
    return show("logits", dense2_(x));
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }
  void initialise(Seed seed) override { glorot_uniform(*this, seed); }

 private:
  static std::int64_t flat_size(std::int64_t size) {
    const std::int64_t side = ((size - 2) / 2 - 2) / 2;
    return 64 * side * side;
  }

  Options options_;
  nn::Conv2d conv1_, conv2_;
  nn::Linear dense1_, dense2_;
};

DEEPMINE_NETWORK(Cnn, "cnn", "two convolutions and two dense layers");

}  // namespace
}  // namespace deepmine
