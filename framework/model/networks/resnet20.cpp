#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <optional>

#include "framework/model/network.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;

constexpr int kBlocksPerStack = 3;
constexpr int kStacks = 3;

nn::Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return nn::Conv2d(
      nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(true));
}

nn::BatchNorm2d normalisation(std::int64_t channels) {
  // Keras' defaults: momentum 0.99 of the old value, epsilon 1e-3.
  return nn::BatchNorm2d(nn::BatchNorm2dOptions(channels).eps(1e-3).momentum(0.01));
}

/// A convolution with the normalisation after it multiplied into its weights.
struct Folded {
  torch::Tensor weight, bias;
  std::int64_t stride = 1;

  Folded() = default;
  explicit Folded(nn::Conv2d convolution)
      : weight(convolution->weight.detach().clone(at::MemoryFormat::ChannelsLast)),
        bias(convolution->bias.detach().clone()),
        stride(convolution->options.stride()->at(0)) {}
  Folded(nn::Conv2d convolution, nn::BatchNorm2d normalisation) : Folded(std::move(convolution)) {
    const auto exact = [](const torch::Tensor& tensor) { return tensor.detach().to(torch::kFloat64); };
    const torch::Tensor scale = exact(normalisation->weight) /
                                (exact(normalisation->running_var) + normalisation->options.eps()).sqrt();
    const torch::Tensor offset = (exact(bias) - exact(normalisation->running_mean)) * scale + exact(normalisation->bias);
    const auto type = weight.scalar_type();
    weight = (exact(weight) * scale.view({-1, 1, 1, 1})).to(type).contiguous(at::MemoryFormat::ChannelsLast);
    bias = offset.to(type);
  }

  torch::Tensor operator()(const torch::Tensor& x) const {
    return torch::conv2d(x, weight, bias, stride, weight.size(2) / 2);
  }
};

/// Two convolutions and a shortcut; the shortcut is a 1x1 convolution where the size changes.
class BasicBlock : public nn::Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, std::string name)
      : name_(std::move(name)),
        conv1_(register_module("conv1", convolution(in, out, 3, stride))),
        bn1_(register_module("bn1", normalisation(out))),
        conv2_(register_module("conv2", convolution(out, out, 3, 1))),
        bn2_(register_module("bn2", normalisation(out))) {
    if (stride != 1) shortcut_ = register_module("shortcut", convolution(in, out, 1, stride));
  }

  torch::Tensor forward(const torch::Tensor& x, const Tap& tap) {
    const auto show = [&](const char* layer, torch::Tensor output) {
      if (tap) tap(name_ + "." + layer, output);
      return output;
    };
    torch::Tensor y = show("conv1", conv1_(x));
    y = show("relu1", torch::relu(show("bn1", bn1_(y))));
    y = show("bn2", bn2_(show("conv2", conv2_(y))));
    const torch::Tensor skip = shortcut_ ? show("shortcut", shortcut_(x)) : x;
    return show("out", torch::relu(y + skip));
  }

  /// The block without taps.
  std::function<torch::Tensor(const torch::Tensor&)> frozen() const {
    const Folded first(conv1_, bn1_), second(conv2_, bn2_);
    const std::optional<Folded> shortcut = shortcut_ ? std::optional<Folded>(shortcut_) : std::nullopt;
    return [=](const torch::Tensor& x) {
      return torch::relu(second(torch::relu(first(x))) + (shortcut ? (*shortcut)(x) : x));
    };
  }

  void add_layers(std::vector<std::string>& names) const {
    for (const char* layer : {"conv1", "bn1", "relu1", "conv2", "bn2"}) {
      names.push_back(name_ + "." + layer);
    }
    if (shortcut_) names.push_back(name_ + ".shortcut");
    names.push_back(name_ + ".out");
  }

 private:
  std::string name_;
  nn::Conv2d conv1_;
  nn::BatchNorm2d bn1_;
  nn::Conv2d conv2_;
  nn::BatchNorm2d bn2_;
  nn::Conv2d shortcut_{nullptr};
};

/// ResNet v1 of depth 20 (He et al. 2016, section 4.2) as the Keras example `cifar10_resnet` builds
/// it: biases in all convolutions, 1x1 convolutions as shortcuts, per-pixel mean subtraction.
/// differs from it in: nothing but the random draws.
class ResNet20 : public Network {
 public:
  struct Options {
    std::int64_t channels = 3;
    std::int64_t size = 32;
    std::int64_t classes = 10;

    void describe(Fields& fields) {
      fields.add({"channels", &channels, "", "channels of the images", "CIFAR-10", {1, 3}});
      fields.add({"size", &size, "pixels", "height and width of the images", "CIFAR-10", {8, 256}});
      fields.add({"classes", &classes, "", "number of classes", "CIFAR-10", {2, 100000}});
    }
  };

  explicit ResNet20(Options options)
      : options_(options),
        mean_(register_buffer("mean", torch::zeros({options.channels, options.size, options.size}))),
        stem_(register_module("stem", convolution(options.channels, 16, 3, 1))),
        stem_bn_(register_module("stem_bn", normalisation(16))),
        blocks_(register_module("blocks", nn::ModuleList())),
        dense_(register_module("dense", nn::Linear(64, options.classes))) {
    std::int64_t in = 16;
    for (int stack = 0; stack < kStacks; ++stack) {
      const std::int64_t out = std::int64_t{16} << stack;
      for (int block = 0; block < kBlocksPerStack; ++block) {
        const std::int64_t stride = stack > 0 && block == 0 ? 2 : 1;
        blocks_->push_back(BasicBlock(in, out, stride,
                                      fmt::format("stack{}.block{}", stack + 1, block + 1)));
        in = out;
      }
    }
  }

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    const auto show = [&](const char* layer, torch::Tensor output) {
      if (tap) tap(layer, output);
      return output;
    };
    x = (x - mean_).contiguous(at::MemoryFormat::ChannelsLast);
    x = show("stem.conv", stem_(x));
    x = show("stem.relu", torch::relu(show("stem.bn", stem_bn_(x))));
    for (const auto& block : *blocks_) x = block->as<BasicBlock>()->forward(x, tap);
    x = show("pool", x.mean({2, 3}));
    return show("logits", dense_(x));
  }

  std::function<torch::Tensor(const torch::Tensor&)> frozen() const override {
    std::vector<std::function<torch::Tensor(const torch::Tensor&)>> blocks;
    for (const auto& block : *blocks_) blocks.push_back(block->as<BasicBlock>()->frozen());
    const torch::Tensor weight = dense_->weight.detach().clone(), bias = dense_->bias.detach().clone();
    return [mean = mean_.clone(), stem = Folded(stem_, stem_bn_), blocks, weight, bias](const torch::Tensor& images) {
      torch::Tensor x = torch::relu(stem((images - mean).contiguous(at::MemoryFormat::ChannelsLast)));
      for (const auto& block : blocks) x = block(x);
      return torch::linear(x.mean({2, 3}), weight, bias);
    };
  }

  std::vector<std::string> layers() const override {
    std::vector<std::string> names{"stem.conv", "stem.bn", "stem.relu"};
    for (const auto& block : *blocks_) block->as<BasicBlock>()->add_layers(names);
    names.insert(names.end(), {"pool", "logits"});
    return names;
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }

  void initialise(Seed seed) override {
    torch::NoGradGuard no_gradient;
    for (auto& item : named_parameters()) {
      if (item.value().dim() > 1) {
        he_normal(item.value(), seed.child(item.key()));
      } else {
        item.value().zero_();
      }
    }
    for (auto& item : named_modules()) {
      if (auto* bn = item.value()->as<nn::BatchNorm2d>()) {
        bn->weight.fill_(1);
        bn->reset_running_stats();
      }
    }
  }

  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images, "resnet20");
    constexpr std::int64_t kAtOnce = 1000;  // a sum copies its images as int64: all of CIFAR-10's would take 1.2 GB
    torch::Tensor sum = torch::zeros(images.sizes().slice(1), torch::kInt64);
    for (const torch::Tensor& part : images.split(kAtOnce)) sum += part.sum(0, false, torch::kInt64);
    mean_.copy_(sum.to(torch::kFloat64).div_(255.0 * static_cast<double>(images.size(0))));
  }

 private:
  Options options_;
  torch::Tensor mean_;
  nn::Conv2d stem_;
  nn::BatchNorm2d stem_bn_;
  nn::ModuleList blocks_;
  nn::Linear dense_;
};

DEEPMINE_NETWORK(ResNet20, "resnet20", "ResNet v1 of depth 20, 16-32-64 filters");

}  // namespace
}  // namespace deepmine
