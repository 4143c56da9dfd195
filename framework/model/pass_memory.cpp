#include "framework/model/pass_memory.h"

#include <algorithm>

#include "framework/model/network.h"

namespace deepmine {
namespace {

/// Adds up the outputs of the layers of one image.
class LayerSizes {
 public:
  explicit LayerSizes(const torch::Tensor& image) : image_(bytes_of(image)) {}

  Tap::See see() {
    return [this](std::string_view, const torch::Tensor& output) {
      all_ += bytes_of(output);
      largest_ = std::max(largest_, bytes_of(output));
    };
  }
  /// Forward, a layer's input, padded and rearranged copies of it and its output are held; for the way back all outputs
  /// are, and the gradients at a few.
  PassMemory found() const { return {image_ + 4 * largest_, 2 * image_ + all_ + 4 * largest_}; }

 private:
  static std::uint64_t bytes_of(const torch::Tensor& tensor) { return static_cast<std::uint64_t>(tensor.nbytes()); }

  std::uint64_t image_, all_ = 0, largest_ = 0;
};

}  // namespace

PassMemory pass_memory(Model& model, const torch::Tensor& image) {
  torch::NoGradGuard no_gradient;
  LayerSizes sizes(image);
  const std::vector<std::string> layers = model.layers();
  model.output(image, Tap({layers.begin(), layers.end()}, sizes.see()));
  return sizes.found();
}

PassMemory pass_memory(Network& network, const torch::Tensor& image) {
  torch::NoGradGuard no_gradient;
  LayerSizes sizes(image);
  network.eval();
  network.forward(image, sizes.see());
  return sizes.found();
}

}  // namespace deepmine
