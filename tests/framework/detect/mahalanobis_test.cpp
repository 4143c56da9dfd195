#include <torch/torch.h>

#include <catch2/catch.hpp>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "tests/framework/detect/untrained.h"
#include "tests/support/error_text.h"
#include "tests/support/plain_attacks.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

/// The smallest distance of logits float64 to a class of `clean`, by a second implementation: covariances one by one.
torch::Tensor plain_distance(const torch::Tensor& logits, const torch::Tensor& clean, const torch::Tensor& labels) {
  std::vector<torch::Tensor> means;
  torch::Tensor covariance = torch::zeros({clean.size(1), clean.size(1)}, torch::kFloat64);
  for (std::int64_t kind = 0; kind < 3; ++kind) {
    const torch::Tensor own = clean.index({labels == kind});
    means.push_back(own.mean(0));
    covariance += torch::cov(own.t()) / clean.size(0);
  }
  const torch::Tensor inverse = torch::linalg_inv(covariance);
  std::vector<torch::Tensor> distances;
  for (const torch::Tensor& mean : means) distances.push_back(((logits - mean).mm(inverse) * (logits - mean)).sum(1));
  return torch::stack(distances, 1).amin(1);
}

TEST_CASE("mahalanobis moves images towards the nearest class as a plain second implementation does") {
  const auto classifier =
      scripted("    z = x.flatten(1)\n    return torch.stack([z.square().sum(1), z.sum(1), (z * z * z).sum(1)], 1)\n");
  torch::manual_seed(3);
  const torch::Tensor train = torch::rand({60, 1, 2, 2}), images = torch::rand({30, 1, 2, 2});
  Inputs clean(*classifier, train);
  clean.labels = torch::arange(60, torch::kInt64) % 3;
  const auto moved = detector_of("mahalanobis:epsilon=0.02"), still = detector_of("mahalanobis");
  moved->fit({clean}, Seed(1), 1);
  still->fit({clean}, Seed(1), 1);
  const auto plain = [&](const torch::Tensor& logits) {
    return plain_distance(logits.to(torch::kFloat64), clean.logits().to(torch::kFloat64), clean.labels);
  };
  const auto logits = [&](const torch::Tensor& x) { return classifier->logits(x); };
  const Inputs inputs(*classifier, images);
  const std::vector<double> found = moved->score(inputs, 1).values, before = still->score(inputs, 1).values;
  const auto expected =
      numbers_of<double>(plain(classifier->logits(images - 0.02 * plain::gradient(logits, images, plain).sign())));
  const auto expected_before = numbers_of<double>(plain(classifier->logits(images)));
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i] == Approx(expected[i]).epsilon(1e-4).margin(1e-9));
    CHECK(before[i] == Approx(expected_before[i]).epsilon(1e-6).margin(1e-9));
  }
  CHECK(found[0] < before[0]);
}

TEST_CASE("mahalanobis refuses to move images by the distance of a layer that is not the logits") {
  CHECK_THAT(error_text([] { detector_of("mahalanobis:layer=conv1,epsilon=0.1"); }),
             Catch::Contains("epsilon: expected layer=logits"));
}

}  // namespace
}  // namespace deepmine
