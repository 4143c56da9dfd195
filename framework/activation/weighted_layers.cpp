#include "framework/activation/weighted_layers.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "framework/core/seed.h"

namespace deepmine {
namespace {

constexpr std::int64_t kImages = 3;  ///< several, so that hardly a layer is 0 for all of them
constexpr std::array<std::string_view, 5> kOperations{"aten::conv2d", "aten::_convolution", "aten::linear",
                                                      "aten::addmm", "aten::mm"};

bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() && torch::equal(a, b);
}

/// What the operations of this thread give, while somebody listens. Torch takes plain functions only.
thread_local std::vector<torch::Tensor>* heard = nullptr;

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction&) { return nullptr; }

/// A copy: a rectifier may write over it.
void end(const at::RecordFunction& operation, at::ObserverContext*) {
  const std::string_view name = operation.name();
  if (heard == nullptr || std::find(kOperations.begin(), kOperations.end(), name) == kOperations.end()) return;
  std::vector<torch::Tensor>& all = *heard;
  for (const c10::IValue& output : operation.outputs()) {
    if (!output.isTensor() || !output.toTensor().defined()) continue;
    torch::Tensor copy = output.toTensor().clone();
    // One operation calls another, which has given the same.
    if (all.empty() || !same(all.back(), copy)) all.push_back(std::move(copy));
  }
}

/// Hears operations of this thread as long as it lives.
class Listening {
 public:
  explicit Listening(std::vector<torch::Tensor>& into)
      : handle_(at::addThreadLocalCallback(
            at::RecordFunctionCallback(begin, end).needsOutputs(true).scopes({at::RecordScope::FUNCTION}))) {
    heard = &into;
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() {
    heard = nullptr;
    at::removeCallback(handle_);
  }

 private:
  at::CallbackHandle handle_;
};

torch::Tensor random_images(at::IntArrayRef sizes) {
  std::vector<std::int64_t> all{kImages};
  all.insert(all.end(), sizes.begin(), sizes.end());
  torch::Tensor images = torch::empty(all);
  RandomStream random(Seed(0).child("images that tell layers"));
  std::generate_n(images.data_ptr<float>(), images.numel(), [&] { return static_cast<float>(random.uniform()); });
  return images;
}

using Shown = std::vector<std::pair<std::string, torch::Tensor>>;

/// The first layer that shows these numbers; empty for none.
std::string layer_of(const Shown& shown, const torch::Tensor& numbers) {
  const auto found = std::find_if(shown.begin(), shown.end(), [&](const auto& layer) {
    return same(layer.second, numbers);
  });
  return found == shown.end() ? std::string() : found->first;
}

}  // namespace

std::vector<WeightedLayer> weighted_layers(Model& model, at::IntArrayRef sizes) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> given;
  Shown shown;
  const std::vector<std::string> layers = model.layers();
  const Tap tap({layers.begin(), layers.end()}, [&](std::string_view layer, const torch::Tensor& output) {
    shown.emplace_back(layer, output.detach().clone());
  });
  {
    const Listening listening(given);
    model.output(random_images(sizes), tap);
  }
  std::vector<WeightedLayer> found;
  for (const torch::Tensor& numbers : given) {
    WeightedLayer layer{layer_of(shown, numbers), layer_of(shown, numbers.relu())};
    if (!layer.raw.empty() || !layer.rectified.empty()) found.push_back(std::move(layer));
  }
  return found;
}

}  // namespace deepmine
