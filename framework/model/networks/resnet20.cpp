#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "framework/model/conv_bn.h"
#include "framework/model/network.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;

constexpr int kBlocksPerStack = 3;
constexpr int kStacks = 3;

nn::Conv2dOptions convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
  return nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2);
}

nn::BatchNormOptions normalisation(std::int64_t channels) {
  // Keras' defaults: momentum 0.99 of the old value, epsilon 1e-3.
  return nn::BatchNormOptions(channels).eps(1e-3).momentum(0.01);
}

/// Two convolutions and a shortcut; the shortcut is a 1x1 convolution where the size changes.
class BasicBlock : public nn::Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, std::string name)
      : name_(std::move(name)),
        first_(ConvBn::in(*this, {"conv1", "bn1", {}, {}}, convolution(in, out, 3, stride), normalisation(out))),
        second_(ConvBn::in(*this, {"conv2", "bn2", {}, {}}, convolution(out, out, 3, 1), normalisation(out))) {
    if (stride != 1) shortcut_ = register_module("shortcut", nn::Conv2d(convolution(in, out, 1, stride)));
  }

  torch::Tensor forward(const torch::Tensor& x, const Tap& all) {
    const Tap tap = within(all, name_);
    torch::Tensor y = shown(tap, "relu1", torch::relu(first_->forward(x, tap)));
    y = second_->forward(y, tap);
    return shown(tap, "out", torch::relu(y + (shortcut_ ? shown(tap, "shortcut", shortcut_(x)) : x)));
  }

 private:
  std::string name_;
  std::shared_ptr<ConvBn> first_, second_;
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
        stem_(ConvBn::in(*this, {"stem", "stem_bn", "stem.conv", "stem.bn"}, convolution(options.channels, 16, 3, 1),
                         normalisation(16))),
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
    x = (x - mean_).contiguous(at::MemoryFormat::ChannelsLast);
    x = shown(tap, "stem.relu", torch::relu(stem_->forward(x, tap)));
    for (const auto& block : *blocks_) x = block->as<BasicBlock>()->forward(x, tap);
    x = shown(tap, "pool", x.mean({2, 3}));
    return shown(tap, "logits", dense_(x));
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }

  void initialise(Seed seed) override { he_normal(*this, seed); }

  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images);
    constexpr std::int64_t kAtOnce = 1000;  // a sum copies its images as int64: all of CIFAR-10's would take 1.2 GB
    torch::Tensor sum = torch::zeros(images.sizes().slice(1), torch::kInt64);
    for (const torch::Tensor& part : images.split(kAtOnce)) sum += part.sum(0, false, torch::kInt64);
    mean_.copy_(sum.to(torch::kFloat64).div_(255.0 * static_cast<double>(images.size(0))));
  }

 private:
  Options options_;
  torch::Tensor mean_;
  std::shared_ptr<ConvBn> stem_;
  nn::ModuleList blocks_;
  nn::Linear dense_;
};

DEEPMINE_NETWORK(ResNet20, "resnet20", "ResNet v1 of depth 20, 16-32-64 filters");

}  // namespace
}  // namespace deepmine
