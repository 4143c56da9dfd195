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

constexpr std::int64_t kKernel = 5;

/// What a convolution and the pooling after it leave of a side.
std::int64_t side_after(std::int64_t side, std::int64_t padding) { return (side + 2 * padding - kKernel + 1) / 2; }

/// LeNet with rectifiers and largest values instead of LeCun's sigmoids and means; 244 units in all, as the detector of
/// relevant neurons counts them.
///
/// Source: LeCun et al. 1998, figure 2; widths by relevant-neurons, which gives their sum. differs from it in:
/// every map of the second convolution sees all of the first; `conv1=6,conv2=16` are LeCun's widths.
class LeNet : public Network {
 public:
  struct Options {
    std::int64_t channels = 1, size = 28, classes = 10;
    std::int64_t conv1 = 10, conv2 = 20, fc1 = 120, fc2 = 84;
    std::int64_t padding = 0;
    NormalisationOptions normalisation{"0", "1"};

    void describe(Fields& fields) {
      fields.add({"channels", &channels, "", "channels of the images", "MNIST", {1, 3}});
      fields.add({"size", &size, "pixels", "height and width of the images", "MNIST", {16, 64}});
      fields.add({"classes", &classes, "", "number of classes", "MNIST", {2, 100000}});
      fields.add({"conv1", &conv1, "channels", "of the first convolution", "relevant-neurons, its units", {1, 128}});
      fields.add({"conv2", &conv2, "channels", "of the second convolution", "relevant-neurons, its units", {1, 128}});
      fields.add({"fc1", &fc1, "units", "of the first dense layer", "LeCun et al. 1998", {1, 512}});
      fields.add({"fc2", &fc2, "units", "of the second dense layer", "LeCun et al. 1998", {1, 512}});
      fields.add({"padding", &padding, "pixels", "around the image; 2 makes 28 pixels LeCun's 32", "ours", {0, 2}});
      normalisation.describe(fields, "images as they are");
    }
    void settle() { normalisation.settle(); }
    nn::Conv2dOptions first() const { return nn::Conv2dOptions(channels, conv1, kKernel).padding(padding); }
    std::int64_t flat() const {
      const std::int64_t side = side_after(side_after(size, padding), 0);
      return conv2 * side * side;
    }
  };

  explicit LeNet(const Options& options)
      : options_(options),
        normalise_(*this, options.normalisation, options.channels, options.size),
        conv1_(register_module("conv1", nn::Conv2d(options.first()))),
        conv2_(register_module("conv2", nn::Conv2d(options.conv1, options.conv2, kKernel))),
        fc1_(register_module("fc1", nn::Linear(options.flat(), options.fc1))),
        fc2_(register_module("fc2", nn::Linear(options.fc1, options.fc2))),
        fc3_(register_module("fc3", nn::Linear(options.fc2, options.classes))) {}

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    const auto relu = [&](const char* layer, const torch::Tensor& y) { return rectified(tap, layer, y); };
    const auto pool = [&](const char* layer, const torch::Tensor& y) {
      return shown(tap, layer, F::max_pool2d(y, F::MaxPool2dFuncOptions(2)));
    };
    x = normalise_(x).contiguous(at::MemoryFormat::ChannelsLast);
    x = pool("pool1", relu("relu1", shown(tap, "conv1", conv1_(x))));
    x = pool("pool2", relu("relu2", shown(tap, "conv2", conv2_(x))));
    x = relu("relu3", shown(tap, "fc1", fc1_(x.contiguous().flatten(1))));
    x = relu("relu4", shown(tap, "fc2", fc2_(x)));
    return shown(tap, "logits", fc3_(x));
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }
  void initialise(Seed seed) override { glorot_uniform(*this, seed); }
  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images);
    normalise_.fit(images);
  }

 private:
  Options options_;
  Normalisation normalise_;
  nn::Conv2d conv1_, conv2_;
  nn::Linear fc1_, fc2_, fc3_;
};

DEEPMINE_NETWORK(LeNet, "lenet", "LeNet with rectifiers, widths as options");

}  // namespace
}  // namespace deepmine
