#include "framework/model/doubt.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "framework/model/classifier.h"

namespace deepmine {
namespace {

/// Puts torch's random numbers back to where they were.
class SameRandomNumbers {
 public:
  SameRandomNumbers() : generator_(at::detail::getDefaultCPUGenerator()) {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    state_ = generator_.get_state();
  }
  ~SameRandomNumbers() {
    const std::lock_guard<std::mutex> lock(generator_.mutex());
    generator_.set_state(state_);
  }
  SameRandomNumbers(const SameRandomNumbers&) = delete;
  SameRandomNumbers& operator=(const SameRandomNumbers&) = delete;

 private:
  at::Generator generator_;
  torch::Tensor state_;
};

/// A few images and the inverse of the first: a batch of one, or of equal images, would show nothing.
torch::Tensor sample_of(const torch::Tensor& images) {
  constexpr std::int64_t kImages = 8;
  const torch::Tensor few = images.slice(0, 0, std::min(images.size(0), kImages));
  return torch::cat({few, 1 - few.slice(0, 0, 1)});
}

/// The relative rounding of the type that the model's weights have.
double rounding_of(const Model& model) {
  for (const torch::Tensor& tensor : model.state()) {
    if (tensor.scalar_type() == torch::kBFloat16) return std::ldexp(1.0, -8);
    if (tensor.scalar_type() == torch::kFloat16) return std::ldexp(1.0, -11);
  }
  return std::numeric_limits<float>::epsilon();
}

/// NaN is the same as NaN: that it is there is told elsewhere.
bool same_numbers(const torch::Tensor& a, const torch::Tensor& b) {
  return a.sizes() == b.sizes() && ((a == b) | (a.isnan() & b.isnan())).all().item<bool>();
}

std::string batch_doubt(const torch::Tensor& together, const torch::Tensor& alone, double rounding) {
  const torch::Tensor all = torch::cat({together, alone});
  const double spread = (all.max() - all.min()).item<double>(), largest = all.abs().max().item<double>();
  const double moved = (together - alone).abs().max().item<double>();
  const double tolerance = std::max(std::max(1e-3, 8 * rounding) * spread, 8 * rounding * largest);
  if (!(moved > tolerance)) return {};
  std::string classes;
  if (together.dim() <= 2) {
    const auto changed = (class_logits(together).argmax(1) != class_logits(alone).argmax(1)).sum().item<std::int64_t>();
    classes = fmt::format(", {} of {} images change class", changed, together.size(0));
  }
  return fmt::format(
      "the outputs for an image depend on the other images of its batch (by up to {:.3g}, where all outputs span "
      "{:.3g}{}): "
      "is a BatchNorm or a dropout frozen in training mode? What is measured holds for these batches only; save the "
      "model after model.eval()",
      moved, spread, classes);
}

/// One number for each image, all of them such as a sigmoid gives.
bool is_one_probability(const torch::Tensor& outputs) {
  const bool single = outputs.dim() == 1 || (outputs.dim() == 2 && outputs.size(1) == 1);
  return single && (outputs >= 0).all().item<bool>() && (outputs <= 1).all().item<bool>() &&
         (outputs != 0).any().item<bool>();
}

}  // namespace

std::vector<std::string> doubts_about(Model& model, const torch::Tensor& images) {
  const SameRandomNumbers same;
  torch::NoGradGuard no_gradient;
  const torch::Tensor sample = sample_of(images);
  const auto output = [&](const torch::Tensor& some) { return model.output(some).to(torch::kFloat64); };
  const torch::Tensor together = output(sample);
  if (!same_numbers(together, output(sample))) {
    return {
        "two forward passes of the same images differ: the model is random, and what is measured on one draw of it "
        "says little; "
        "average over draws inside the model, or save it after model.eval()"};
  }
  std::vector<torch::Tensor> alone;
  for (const torch::Tensor& image : sample.split(1)) alone.push_back(output(image));
  const torch::Tensor outputs = torch::cat(alone);
  if (outputs.sizes() != together.sizes()) {
    return {
        "the outputs for an image have another size alone than in a batch: what is measured holds for these batches "
        "only"};
  }
  std::vector<std::string> found;
  const std::string doubt = batch_doubt(together, outputs, rounding_of(model));
  if (!doubt.empty()) found.push_back(doubt);
  if (is_one_probability(together)) {
    found.push_back(
        "the one output for an image lies in [0,1] like a probability, but is taken for a logit, so that every image "
        "is class 1; return the logit, without the sigmoid");
  }
  return found;
}

}  // namespace deepmine
