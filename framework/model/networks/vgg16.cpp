#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/model/network.h"
#include "framework/model/normalisation.h"
#include "framework/model/rectified.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

const std::vector<std::vector<std::int64_t>> kBlocks{
    {64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
constexpr std::int64_t kHidden = 512;
constexpr std::int64_t kShrinkage = 32;  ///< of each side, by the five poolings

struct Vgg16Options {
  std::int64_t channels = 3;
  std::int64_t size = 32;
  std::int64_t classes = 10;
  double width = 1;
  NormalisationOptions normalisation{"120.707/255", "64.15/255"};

  void describe(Fields& fields) {
    fields.add({"channels", &channels, "", "channels of the images", "CIFAR-10", {1, 3}});
    fields.add({"size", &size, "pixels", "height and width of the images", "CIFAR-10", {kShrinkage, 256}});
    fields.add({"classes", &classes, "", "number of classes", "CIFAR-10", {2, 10000}});
    fields.add({"width",
                &width,
                "",
                "factor of all widths between input and logits",
                "Simonyan, Zisserman 2015",
                {0, 2, true}});
    normalisation.describe(fields, "uniform-svdd, its network for CIFAR-10");
  }
  void settle() { normalisation.settle(); }

  std::int64_t wide(std::int64_t width_of_paper) const {
    return std::max<std::int64_t>(std::lround(width * static_cast<double>(width_of_paper)), 1);
  }
};

/// As Keras: epsilon 0.001, momentum 0.99 of the old value.
nn::BatchNormOptions batch_norm(std::int64_t width) { return nn::BatchNormOptions(width).eps(1e-3).momentum(0.01); }

/// VGG-16 for small images: thirteen 3x3 convolutions in five blocks, each followed by its rectifier and then by batch
/// normalisation, and two dense layers. Layers conv1 to conv13 (relu, bn likewise), pool1 to pool5, fc1, relu14, bn14,
/// logits. No normalisation is folded: a rectifier lies before each.
///
/// Source: Simonyan, Zisserman 2015, column D; order and head as in geifmany/cifar-vgg, uniform-svdd's network. differs
/// from it in: no dropout while training.
class Vgg16 : public Network {
 public:
  using Options = Vgg16Options;

  explicit Vgg16(const Options& options)
      : options_(options), normalise_(*this, options.normalisation, options.channels, options.size) {
    std::int64_t in = options.channels;
    for (const auto& block : kBlocks) {
      for (const std::int64_t width : block) {
        const std::int64_t out = options.wide(width);
        const auto number = convolutions_.size() + 1;
        convolutions_.push_back(
            register_module(fmt::format("conv{}", number), nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1))));
        normalisations_.push_back(register_module(fmt::format("bn{}", number), nn::BatchNorm2d(batch_norm(out))));
        in = out;
      }
    }
    const std::int64_t side = options.size / kShrinkage, hidden = options.wide(kHidden);
    fc1_ = register_module("fc1", nn::Linear(in * side * side, hidden));
    bn14_ = register_module("bn14", nn::BatchNorm1d(batch_norm(hidden)));
    fc2_ = register_module("fc2", nn::Linear(hidden, options.classes));
  }

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    x = normalise_(x).contiguous(at::MemoryFormat::ChannelsLast);
    std::size_t i = 0;
    for (std::size_t block = 0; block < kBlocks.size(); ++block) {
      for (std::size_t end = i + kBlocks[block].size(); i < end; ++i) x = convolved(i, x, tap);
      x = shown(tap, fmt::format("pool{}", block + 1), F::max_pool2d(x, F::MaxPool2dFuncOptions(2)));
    }
    x = shown(tap, "fc1", fc1_(x.contiguous().flatten(1)));
    x = shown(tap, "bn14", bn14_(shown(tap, "relu14", torch::relu(x))));
    return shown(tap, "logits", fc2_(x));
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }
  void initialise(Seed seed) override {
    torch::NoGradGuard no_gradient;
    glorot_uniform(*this, seed);
    for (auto& normalisation : normalisations_) start(*normalisation);
    start(*bn14_);
  }
  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images);
    normalise_.fit(images);
  }

 private:
  torch::Tensor convolved(std::size_t i, torch::Tensor x, const Tap& tap) {
    x = shown(tap, fmt::format("conv{}", i + 1), convolutions_[i](x));
    x = rectified(tap, fmt::format("relu{}", i + 1), x);
    return shown(tap, fmt::format("bn{}", i + 1), normalisations_[i](x));
  }

  /// So that it leaves images as they are.
  template <typename BatchNorm>
  static void start(BatchNorm& normalisation) {
    normalisation.weight.fill_(1);
    normalisation.reset_running_stats();
  }

  Options options_;
  Normalisation normalise_;
  std::vector<nn::Conv2d> convolutions_;
  std::vector<nn::BatchNorm2d> normalisations_;
  nn::Linear fc1_{nullptr}, fc2_{nullptr};
  nn::BatchNorm1d bn14_{nullptr};
};

DEEPMINE_NETWORK(Vgg16, "vgg16", "VGG-16 with batch normalisation, for small images");

}  // namespace
}  // namespace deepmine
