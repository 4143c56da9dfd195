#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <memory>
#include <vector>

#include "framework/core/error.h"
#include "framework/model/conv_bn.h"
#include "framework/model/network.h"
#include "framework/model/normalisation.h"
#include "framework/model/rectified.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr std::int64_t kBlocks = 3;
constexpr std::int64_t kBottleneck = 4;  ///< channels of a bottleneck by growth

struct DenseNetOptions {
  std::int64_t channels = 3;
  std::int64_t size = 32;
  std::int64_t classes = 10;
  std::int64_t depth = 100;
  std::int64_t growth = 12;
  double compression = 0.5;
  NormalisationOptions normalisation{"[125.3/255,123/255,113.9/255]", "[63/255,62.1/255,66.7/255]"};

  void describe(Fields& fields) {
    const char* const source = "Huang et al. 2017, section 3";
    fields.add({"channels", &channels, "", "channels of the images", "CIFAR-10", {1, 3}});
    fields.add({"size", &size, "pixels", "height and width of the images", "CIFAR-10", {8, 256}});
    fields.add({"classes", &classes, "", "number of classes", "CIFAR-10", {2, 10000}});
    fields.add({"depth", &depth, "layers", "6 n + 4: convolutions and the dense layer", source, {10, 190}});
    fields.add({"growth", &growth, "channels", "added by each layer of a block (k)", source, {1, 40}});
    fields.add({"compression", &compression, "", "share of channels that a transition keeps", source, {0, 1, true}});
    normalisation.describe(fields, "Liang et al. 2018, their code; of grey images fitted and 1");
  }

  void settle() {
    ensure(depth % 6 == 4, "depth: expected 6 n + 4, such as 40, 100 or 190, found {}", depth);
    ensure(compressed(2 * growth) > 0, "compression: expected one that leaves channels, found {}", compression);
    normalisation.settle();
  }

  void complete(const std::map<std::string, std::string>& given) {
    if (channels == 3) return;
    if (given.count("mean") == 0) normalisation.mean = NormalisationOptions::kFitted;
    if (given.count("std") == 0) normalisation.std = "1";
  }

  std::int64_t layers_per_block() const { return (depth - kBlocks - 1) / (2 * kBlocks); }
  std::int64_t compressed(std::int64_t width) const {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(width) * compression));
  }
};

nn::Conv2dOptions convolution(std::int64_t in, std::int64_t out, std::int64_t kernel) {
  return nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(false);
}

/// What a block has gathered, brought through a normalisation of its own, 4 k channels and a 3x3 convolution to k more.
class BottleneckLayer : public nn::Module {
 public:
  BottleneckLayer(std::int64_t in, std::int64_t growth, std::string name)
      : name_(std::move(name)),
        bn1_(register_module("bn1", nn::BatchNorm2d(in))),
        reduced_(ConvBn::in(*this, {"conv1", "bn2"}, convolution(in, kBottleneck * growth, 1), kBottleneck * growth)),
        conv2_(register_module("conv2", nn::Conv2d(convolution(kBottleneck * growth, growth, 3)))) {}

  torch::Tensor forward(const torch::Tensor& x, const Tap& network_tap) {
    const Tap tap = within(network_tap, name_);
    torch::Tensor y = rectified(tap, "relu1", shown(tap, "bn1", bn1_(x)));
    y = rectified(tap, "relu2", reduced_->forward(y, tap));
    return torch::cat({x, shown(tap, "conv2", conv2_(y))}, 1);
  }

 private:
  std::string name_;
  nn::BatchNorm2d bn1_;
  std::shared_ptr<ConvBn> reduced_;
  nn::Conv2d conv2_;
};

/// Fewer channels, half the size.
class Transition : public nn::Module {
 public:
  Transition(std::int64_t in, std::int64_t out, std::string name)
      : name_(std::move(name)),
        bn_(register_module("bn1", nn::BatchNorm2d(in))),
        conv_(register_module("conv1", nn::Conv2d(convolution(in, out, 1)))) {}

  torch::Tensor forward(const torch::Tensor& x, const Tap& network_tap) {
    const Tap tap = within(network_tap, name_);
    const torch::Tensor y = rectified(tap, "relu1", shown(tap, "bn1", bn_(x)));
    return shown(tap, "pool", F::avg_pool2d(shown(tap, "conv1", conv_(y)), F::AvgPool2dFuncOptions(2)));
  }

 private:
  std::string name_;
  nn::BatchNorm2d bn_;
  nn::Conv2d conv_;
};

/// The layers of a block; named as in published files, "block1.layer.0.conv1.weight".
class DenseBlock : public nn::Module {
 public:
  DenseBlock(std::int64_t in, const DenseNetOptions& options, std::string name)
      : name_(std::move(name)), layers_(register_module("layer", nn::ModuleList())), width_(in) {
    for (std::int64_t i = 0; i < options.layers_per_block(); ++i) {
      layers_->push_back(BottleneckLayer(width_, options.growth, fmt::format("layer{}", i + 1)));
      width_ += options.growth;
    }
  }

  torch::Tensor forward(torch::Tensor x, const Tap& network_tap) {
    const Tap tap = within(network_tap, name_);
    for (const auto& layer : *layers_) x = layer->as<BottleneckLayer>()->forward(x, tap);
    return shown(tap, "out", x);
  }
  std::int64_t width() const { return width_; }

 private:
  std::string name_;
  nn::ModuleList layers_;
  std::int64_t width_;
};

/// DenseNet-BC for small images: three blocks of bottleneck layers, each of which sees what all before it gave.
///
/// Source: Huang et al. 2017, section 3; array names as in the network of ODIN (Liang et al. 2018), whose weights load.
/// differs from it in: weights are drawn by He's rule with fan in; no dropout.
class DenseNet : public Network {
 public:
  using Options = DenseNetOptions;

  explicit DenseNet(const Options& options)
      : options_(options),
        normalise_(*this, options.normalisation, options.channels, options.size),
        conv1_(register_module("conv1", nn::Conv2d(convolution(options.channels, 2 * options.growth, 3)))) {
    std::int64_t width = 2 * options.growth;
    for (std::int64_t i = 1; i <= kBlocks; ++i) {
      const std::string block = fmt::format("block{}", i), transition = fmt::format("trans{}", i);
      blocks_.push_back(register_module(block, std::make_shared<DenseBlock>(width, options, block)));
      width = blocks_.back()->width();
      if (i == kBlocks) break;
      const std::int64_t fewer = options.compressed(width);
      transitions_.push_back(register_module(transition, std::make_shared<Transition>(width, fewer, transition)));
      width = fewer;
    }
    bn1_ = register_module("bn1", nn::BatchNorm2d(width));
    fc_ = register_module("fc", nn::Linear(width, options.classes));
  }

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    x = normalise_(x).contiguous(at::MemoryFormat::ChannelsLast);
    x = shown(tap, "conv1", conv1_(x));
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i]->forward(x, tap);
      if (i < transitions_.size()) x = transitions_[i]->forward(x, tap);
    }
    x = rectified(tap, "relu1", shown(tap, "bn1", bn1_(x)));
    return shown(tap, "logits", fc_(shown(tap, "pool", x.mean({2, 3}))));
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }
  void initialise(Seed seed) override { he_normal(*this, seed); }
  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images);
    normalise_.fit(images);
  }

 private:
  Options options_;
  Normalisation normalise_;
  nn::Conv2d conv1_;
  std::vector<std::shared_ptr<DenseBlock>> blocks_;
  std::vector<std::shared_ptr<Transition>> transitions_;
  nn::BatchNorm2d bn1_{nullptr};
  nn::Linear fc_{nullptr};
};

DEEPMINE_NETWORK(DenseNet, "densenet", "DenseNet-BC of three blocks");

}  // namespace
}  // namespace deepmine
