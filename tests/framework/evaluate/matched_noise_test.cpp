#include "framework/evaluate/matched_noise.h"

#include <catch2/catch.hpp>

#include "framework/attack/attack.h"
#include "framework/detect/rows.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

double mean_l2(const torch::Tensor& a, const torch::Tensor& b) {
  return distances(a, b, Norm::kL2).mean().item<double>();
}

TEST_CASE("matched noise lies as far from the images as the adversarial ones, inside [0,1], and hangs on the seed") {
  const double change = GENERATE(0.01, 0.2, 0.4);
  const torch::Tensor images = quadrants(40, 3).pixels(0, 40);
  const torch::Tensor adversarial = (images + change).clamp(0, 1);
  const torch::Tensor noisy = matched_noise(images, adversarial, Seed(1));
  CHECK(mean_l2(images, noisy) == Approx(mean_l2(images, adversarial)).epsilon(0.02));
  CHECK(noisy.min().item<double>() >= 0);
  CHECK(noisy.max().item<double>() <= 1);
  CHECK(torch::equal(noisy, matched_noise(images, adversarial, Seed(1))));
  CHECK_FALSE(torch::equal(noisy, matched_noise(images, adversarial, Seed(2))));
}

TEST_CASE("noise that cannot go as far as an attack is refused") {
  const torch::Tensor images = torch::zeros({4, 1, 8, 8});
  CHECK_THAT(error_text([&] { matched_noise(images, torch::ones_like(images), Seed(1)); }),
             Catch::Contains("as far from the images"));
}

TEST_CASE("as many values as an attack changed are set to the highest, drawn at random for each image") {
  const torch::Tensor images = torch::zeros({3, 1, 8, 8});
  torch::Tensor adversarial = images.clone();
  adversarial[0][0][0][0] = 0.5;
  adversarial[2][0].slice(0, 0, 4).fill_(1);
  const torch::Tensor noisy = matched_pixels(images, adversarial, Seed(1));
  CHECK(numbers_of<std::int64_t>((noisy == 1).flatten(1).sum(1)) == std::vector<std::int64_t>{1, 0, 32});
  CHECK(torch::equal(noisy != 0, noisy == 1));
  CHECK_FALSE(torch::equal(noisy[2], adversarial[2]));
  CHECK(torch::equal(noisy, matched_pixels(images, adversarial, Seed(1))));
  CHECK_FALSE(torch::equal(noisy, matched_pixels(images, adversarial, Seed(2))));
}

}  // namespace
}  // namespace deepmine
