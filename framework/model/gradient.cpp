#include "framework/model/gradient.h"

#include <torch/autograd.h>

#include <algorithm>
#include <string>

#include "framework/core/error.h"

namespace deepmine {
namespace {

constexpr std::int64_t kImages = 100;
/// Values in a batch at most: an attack holds a dozen tensors of that size, and the network more.
constexpr std::int64_t kValues = std::int64_t{1} << 20;

}  // namespace

/// What a user's program did in place, or outside of what torch follows, is told by torch only when it goes back.
torch::Tensor gradient_of(const torch::Tensor& number, const torch::Tensor& at, bool keep) {
  try {
    return torch::autograd::grad({number}, {at}, {}, keep)[0].contiguous();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    if (text.find("can't allocate memory") != std::string::npos) throw;
    fail(
        "expected a model that can be differentiated with respect to its images, found one that cannot ({}); if it "
        "changes in place what its gradient needs, clone that first, or take a method that needs no gradient",
        text.substr(0, text.find('\n')));
  }
}

std::int64_t images_at_once(const torch::Tensor& image) {
  return std::clamp<std::int64_t>(kValues / image.numel(), 1, kImages);
}

}  // namespace deepmine
