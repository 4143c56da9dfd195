#include "framework/evaluate/matched_noise.h"

#include <cmath>

#include "framework/attack/attack.h"
#include "framework/core/error.h"

namespace deepmine {
namespace {

/// As every value's range is 1, more changes hardly anything.
constexpr double kLargestDeviation = 64;
constexpr double kTolerance = 0.01;

double mean_distance(const torch::Tensor& clean, const torch::Tensor& images) {
  return distances(clean, images, Norm::kL2).mean().item<double>();
}

torch::Tensor standard_noise(const torch::Tensor& like, Seed seed) {
  torch::Tensor noise = torch::empty_like(like, at::MemoryFormat::Contiguous);
  for (std::int64_t i = 0; i < noise.size(0); ++i) {
    RandomStream random(seed.child(static_cast<std::uint64_t>(i)));
    fill_normal(noise[i], 1, random);
  }
  return noise;
}

}  // namespace

torch::Tensor matched_noise(const torch::Tensor& images, const torch::Tensor& adversarial, Seed seed) {
  const torch::Tensor noise = standard_noise(images, seed);
  const double wanted = mean_distance(images, adversarial);
  double low = 0, high = kLargestDeviation;
  torch::Tensor noisy = (images + high * noise).clamp_(0, 1);
  ensure(mean_distance(images, noisy) >= wanted * (1 - kTolerance),
         "noise: expected some as far from the images as the attack goes, {:.4g}, found at most {:.4g}", wanted,
         mean_distance(images, noisy));
  for (int halvings = 0; halvings < 60; ++halvings) {
    const double deviation = (low + high) / 2;
    noisy = (images + deviation * noise).clamp_(0, 1);
    const double found = mean_distance(images, noisy);
    if (std::abs(found - wanted) <= kTolerance * wanted) break;
    (found < wanted ? low : high) = deviation;
  }
  return noisy;
}

torch::Tensor matched_pixels(const torch::Tensor& images, const torch::Tensor& adversarial, Seed seed) {
  torch::Tensor noisy = images.clone(at::MemoryFormat::Contiguous);
  const auto values = static_cast<std::size_t>(images[0].numel());
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    const auto changed = static_cast<std::size_t>((images[i] != adversarial[i]).sum().item<std::int64_t>());
    float* image = noisy[i].data_ptr<float>();
    RandomStream random(seed.child(static_cast<std::uint64_t>(i)));
    for (const std::size_t place : random.sample(changed, values)) image[place] = 1;
  }
  return noisy;
}

}  // namespace deepmine
