#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "framework/core/error.h"
#include "framework/model/conv_bn.h"
#include "framework/model/network.h"
#include "framework/model/normalisation.h"
#include "framework/model/rectified.h"

namespace deepmine {
namespace {

namespace nn = torch::nn;

constexpr std::int64_t kStacks = 3;

struct ImageOptions {
  std::int64_t channels = 3;
  std::int64_t size = 32;
  std::int64_t classes = 10;

  void describe(Fields& fields) {
    fields.add({"channels", &channels, "", "channels of the images", "CIFAR-10", {1, 3}});
    fields.add({"size", &size, "pixels", "height and width of the images", "CIFAR-10", {8, 256}});
    fields.add({"classes", &classes, "", "number of classes", "CIFAR-10", {2, 100000}});
  }
};

struct ResNetOptions : ImageOptions {
  std::int64_t depth = 20;
  std::string shortcut = "projection";
  bool bias = true;
  double bn_epsilon = 1e-3;
  NormalisationOptions normalisation;

  void describe(Fields& fields) {
    const char* const source = "Keras example cifar10_resnet; of shortcut=pad akamaster/pytorch_resnet_cifar10";
    ImageOptions::describe(fields);
    fields.add({"depth", &depth, "layers", "6 n + 2: convolutions and the dense layer", "He et al. 2016, section 4.2",
                {8, 1202}});
    fields.add({"shortcut", &shortcut, "",
                "where the size changes: projection (1x1 convolution) or pad (every other pixel, more channels of "
                "zeros); with pad other defaults hold: bias=false, bn-epsilon=1e-5, mean and std of ImageNet's colours",
                "Keras example cifar10_resnet", {}, {"projection", "pad"}});
    fields.add({"bias", &bias, "", "whether convolutions have biases", source});
    fields.add({"bn-epsilon", &bn_epsilon, "", "added to variances", source, {0, 1, true}});
    normalisation.describe(fields, source);
  }

  void settle() {
    ensure(depth % 6 == 2, "depth: expected 6 n + 2, such as 20, 32, 44, 56 or 110, found {}", depth);
    normalisation.settle();
  }

  void complete(const std::map<std::string, std::string>& given) {
    if (shortcut != "pad") return;
    if (given.count("bias") == 0) bias = false;
    if (given.count("bn-epsilon") == 0) bn_epsilon = 1e-5;
    if (channels != 3) return;
    if (given.count("mean") == 0) normalisation.mean = "[0.485,0.456,0.406]";
    if (given.count("std") == 0) normalisation.std = "[0.229,0.224,0.225]";
  }

  std::int64_t blocks_per_stack() const { return (depth - 2) / (2 * kStacks); }
  nn::Conv2dOptions convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) const {
    return nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(bias);
  }
  /// As Keras, momentum 0.99 of the old value.
  nn::BatchNormOptions batch_norm(std::int64_t filters) const {
    return nn::BatchNormOptions(filters).eps(bn_epsilon).momentum(0.01);
  }
};

/// Every other pixel, and as many channels of zeros before as after: "option A" of He et al.
torch::Tensor padded(const torch::Tensor& x, std::int64_t channels) {
  const std::int64_t more = (channels - x.size(1)) / 2;
  const torch::Tensor pixels = x.slice(2, 0, c10::nullopt, 2).slice(3, 0, c10::nullopt, 2);
  return torch::constant_pad_nd(pixels, {0, 0, 0, 0, more, more}).contiguous(at::MemoryFormat::ChannelsLast);
}

/// Two convolutions and a shortcut.
class BasicBlock : public nn::Module {
 public:
  BasicBlock(const ResNetOptions& options, std::int64_t in, std::int64_t out, std::int64_t stride, std::string name)
      : name_(std::move(name)),
        pads_(stride != 1 && options.shortcut == "pad"),
        first_(ConvBn::in(*this, {"conv1", "bn1"}, options.convolution(in, out, 3, stride), options.batch_norm(out))),
        second_(ConvBn::in(*this, {"conv2", "bn2"}, options.convolution(out, out, 3, 1), options.batch_norm(out))) {
    if (stride == 1 || pads_) return;
    shortcut_ = register_module("shortcut", nn::Conv2d(options.convolution(in, out, 1, stride)));
  }

  torch::Tensor forward(const torch::Tensor& x, const Tap& network_tap) {
    const Tap tap = within(network_tap, name_);
    torch::Tensor y = second_->forward(rectified(tap, "relu1", first_->forward(x, tap)), tap);
    const torch::Tensor skip = skipped(x, y.size(1), tap);
    return rectified(tap, "out", tap ? y + skip : y.add_(skip));
  }

 private:
  torch::Tensor skipped(const torch::Tensor& x, std::int64_t channels, const Tap& tap) {
    if (pads_) return shown(tap, "shortcut", padded(x, channels));
    return shortcut_ ? shown(tap, "shortcut", shortcut_(x)) : x;
  }

  std::string name_;
  bool pads_;
  std::shared_ptr<ConvBn> first_, second_;
  nn::Conv2d shortcut_{nullptr};
};

/// ResNet v1 for small images (He et al. 2016, section 4.2), three stacks of (depth - 2) / 6 blocks.
///
/// Source: of shortcut=projection the Keras example `cifar10_resnet` (biases in all convolutions, no normalisation
/// after the 1x1 ones, per-pixel mean subtraction); of shortcut=pad akamaster/pytorch_resnet_cifar10, whose weights
/// load. differs from it in: nothing but the random draws; the latter's training keeps 0.9 of a mean, not 0.99.
class ResNet : public Network {
 public:
  using Options = ResNetOptions;

  explicit ResNet(const Options& options)
      : options_(options),
        normalise_(*this, options.normalisation, options.channels, options.size),
        stem_(ConvBn::in(*this, {"stem", "stem_bn", "stem.conv", "stem.bn"},
                         options.convolution(options.channels, 16, 3, 1), options.batch_norm(16))),
        blocks_(register_module("blocks", nn::ModuleList())),
        dense_(register_module("dense", nn::Linear(64, options.classes))) {
    std::int64_t in = 16;
    for (std::int64_t stack = 0; stack < kStacks; ++stack) {
      const std::int64_t out = std::int64_t{16} << stack;
      for (std::int64_t block = 0; block < options.blocks_per_stack(); ++block) {
        const std::int64_t stride = stack > 0 && block == 0 ? 2 : 1;
        blocks_->push_back(BasicBlock(options, in, out, stride, fmt::format("stack{}.block{}", stack + 1, block + 1)));
        in = out;
      }
    }
  }

  torch::Tensor forward(torch::Tensor x, const Tap& tap) override {
    x = normalise_(x).contiguous(at::MemoryFormat::ChannelsLast);
    x = rectified(tap, "stem.relu", stem_->forward(x, tap));
    for (const auto& block : *blocks_) x = block->as<BasicBlock>()->forward(x, tap);
    x = shown(tap, "pool", x.mean({2, 3}));
    return shown(tap, "logits", dense_(x));
  }

  ImageShape input() const override { return {options_.channels, options_.size}; }
  void initialise(Seed seed) override { he_normal(*this, seed); }
  void fit_preprocessing(const torch::Tensor& images) override {
    check_size(images);
    normalise_.fit(images);
  }

  /// Those of akamaster/pytorch_resnet_cifar10: "blocks.7.conv1.weight" is "layer3.1.conv1.weight" of depth 20.
  std::string published_name(const std::string& name) const override {
    const std::size_t dot = name.find('.');
    const std::string module = name.substr(0, dot), rest = dot == std::string::npos ? "" : name.substr(dot);
    if (module == "stem") return "conv1" + rest;
    if (module == "stem_bn") return "bn1" + rest;
    if (module == "dense") return "linear" + rest;
    if (module != "blocks") return name;
    const std::size_t after = rest.find('.', 1);
    const std::int64_t block = parse_integer(rest.substr(1, after - 1), name), stack_size = options_.blocks_per_stack();
    return fmt::format("layer{}.{}{}", block / stack_size + 1, block % stack_size, rest.substr(after));
  }

 private:
  Options options_;
  Normalisation normalise_;
  std::shared_ptr<ConvBn> stem_;
  nn::ModuleList blocks_;
  nn::Linear dense_;
};

/// The ResNet of depth 20 and projections under the name that model files, keys and stores have known it by.
class ResNet20 : public ResNet {
 public:
  using Options = ImageOptions;

  explicit ResNet20(const Options& images) : ResNet(of_depth_20(images)) {}

 private:
  static ResNetOptions of_depth_20(const ImageOptions& images) {
    ResNetOptions options;
    static_cast<ImageOptions&>(options) = images;
    return options;
  }
};

DEEPMINE_NETWORK(ResNet, "resnet", "ResNet v1 of any depth, 16-32-64 filters");
DEEPMINE_NETWORK(ResNet20, "resnet20", "ResNet v1 of depth 20, 16-32-64 filters");

}  // namespace
}  // namespace deepmine
