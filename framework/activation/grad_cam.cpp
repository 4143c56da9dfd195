#include "framework/activation/grad_cam.h"

#include <torch/nn/functional/upsampling.h>

#include <vector>

#include "framework/core/error.h"
#include "framework/model/gradient.h"

namespace deepmine {
namespace {

namespace F = torch::nn::functional;

struct One {
  torch::Tensor alphas, weighted;  ///< [1,K], [1,K,h,w]
};

One of_one(Classifier& classifier, const torch::Tensor& image, const std::string& layer, std::int64_t kind) {
  torch::Tensor activations;
  const Tap tap({layer}, [&](std::string_view, const torch::Tensor& output) { activations = output; });
  const torch::Tensor logits = classifier.logits(image.detach().clone().set_requires_grad(true), tap);
  ensure(activations.defined() && activations.dim() == 4,
         "layer \"{}\": expected channels [C,H,W], which have a map, found another layer", layer);
  ensure(kind >= 0 && kind < logits.size(1), "classes: expected numbers from 0 to {}, found {}", logits.size(1) - 1,
         kind);
  const torch::Tensor gradient = gradient_of(logits.select(0, 0).select(0, kind), activations);
  const torch::Tensor alphas = gradient.mean({2, 3}), found = activations.detach();
  return {alphas.to(torch::kFloat32), (alphas.unsqueeze(2).unsqueeze(3) * found).to(torch::kFloat32)};
}

}  // namespace

GradCam grad_cam(Classifier& classifier, const torch::Tensor& images, const std::string& layer,
                 const torch::Tensor& classes) {
  classifier.check_layers({layer});
  std::vector<torch::Tensor> alphas, weighted;
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    One one = of_one(classifier, images.slice(0, i, i + 1), layer, classes[i].item<std::int64_t>());
    alphas.push_back(std::move(one.alphas));
    weighted.push_back(std::move(one.weighted));
  }
  return {torch::cat(alphas), torch::cat(weighted).contiguous()};
}

torch::Tensor shown_over(const torch::Tensor& maps, std::int64_t height, std::int64_t width) {
  std::vector<std::int64_t> sizes = maps.sizes().vec();
  const torch::Tensor flat = maps.reshape({-1, 1, sizes[sizes.size() - 2], sizes.back()});
  const auto options = F::InterpolateFuncOptions()
                           .size(std::vector<std::int64_t>{height, width})
                           .mode(torch::kBilinear)
                           .align_corners(false);
  const torch::Tensor varies = flat.amax({2, 3}, true) > flat.amin({2, 3}, true);  // interpolation rounds
  const torch::Tensor wider = F::interpolate(flat, options);
  const torch::Tensor low = wider.amin({2, 3}, true), span = wider.amax({2, 3}, true) - low;
  sizes[sizes.size() - 2] = height;
  sizes.back() = width;
  return torch::where(varies, (wider - low) / span.clamp_min(1e-30), torch::zeros_like(wider)).reshape(sizes);
}

}  // namespace deepmine
