#include <torch/nn/functional/pooling.h>
#include <torch/nn/functional/upsampling.h>
#include <torch/nn/modules/conv.h>

#include "framework/core/error.h"
#include "framework/model/network.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr std::int64_t kHalvings = 3;

std::int64_t half(std::int64_t size) { return (size + 1) / 2; }

/// 2 x 2 maxima; of an odd size the last row and column stand alone, as with Keras' padding "same".
torch::Tensor half_size(const torch::Tensor& x) {
  return F::max_pool2d(x, F::MaxPool2dFuncOptions(2).ceil_mode(true));
}

torch::Tensor double_size(const torch::Tensor& x) {
  return F::interpolate(
      x, F::InterpolateFuncOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kNearest));
}

/// The convolutional autoencoder that autoencoder-scan watches: 28 x 28 pixels through 4 x 4 x 8 numbers
/// and back, 4385 parameters. Sizes whose half comes back by itself (32) pad the last but one
/// convolution; those for which it is two too large (28) do not.
///
/// Source: autoencoder-scan, its published networks; the Keras blog's convolutional autoencoder.
/// differs from it in: nothing at 1 x 28 x 28; other sizes are ours.
class Autoencoder7 : public Network {
 public:
  struct Options {
    std::int64_t channels = 1;
    std::int64_t size = 28;

    void describe(Fields& fields) {
      fields.add({"channels", &channels, "", "channels of the images", "autoencoder-scan", {1, 3}});
      fields.add({"size", &size, "pixels", "height and width of the images", "autoencoder-scan",
                  {8, 256}});
    }
  };

  explicit Autoencoder7(Options options)
      : options_(options),
        conv1_(convolution("conv2d_1", options.channels, 16, 1)),
        conv2_(convolution("conv2d_2", 16, 8, 1)),
        conv3_(convolution("conv2d_3", 8, 8, 1)),
        conv4_(convolution("conv2d_4", 8, 8, 1)),
        conv5_(convolution("conv2d_5", 8, 8, 1)),
        conv6_(convolution("conv2d_6", 8, 16, last_padding(options.size))),
        conv7_(convolution("conv2d_7", 16, options.channels, 1)) {}

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    const auto show = [&](const char* layer, torch::Tensor output) { return shown(tap, layer, std::move(output)); };
    x = x.contiguous(at::MemoryFormat::ChannelsLast);
    x = show("max_pooling2d_1", half_size(show("conv2d_1", conv1_(x).relu_())));
    x = show("max_pooling2d_2", half_size(show("conv2d_2", conv2_(x).relu_())));
    x = show("max_pooling2d_3", half_size(show("conv2d_3", conv3_(x).relu_())));
    x = show("up_sampling2d_1", double_size(show("conv2d_4", conv4_(x).relu_())));
    x = show("up_sampling2d_2", double_size(show("conv2d_5", conv5_(x).relu_())));
    x = show("up_sampling2d_3", double_size(show("conv2d_6", conv6_(x).relu_())));
    return show("conv2d_7", conv7_(x).sigmoid_());
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }
  bool reconstructs() const override { return true; }
  void initialise(Seed seed) override { glorot_uniform(*this, seed); }

 private:
  nn::Conv2d convolution(const char* name, std::int64_t in, std::int64_t out, std::int64_t padding) {
    return register_module(name, nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(padding)));
  }

  static std::int64_t last_padding(std::int64_t size) {
    std::int64_t smallest = size;
    for (std::int64_t i = 0; i < kHalvings; ++i) smallest = half(smallest);
    const std::int64_t surplus = 4 * smallest - size / 2;  // after two doublings
    ensure(size % 2 == 0 && (surplus == 0 || surplus == 2),
           "autoencoder: expected a size of which three halvings and doublings give itself back, such "
           "as 28 or 32, found {}", size);
    return surplus == 0 ? 1 : 0;
  }

  Options options_;
  nn::Conv2d conv1_, conv2_, conv3_, conv4_, conv5_, conv6_, conv7_;
};

DEEPMINE_NETWORK(Autoencoder7, "autoencoder", "convolutional autoencoder of seven convolutions");

}  // namespace
}  // namespace deepmine
