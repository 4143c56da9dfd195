// Maps of where channels speak for a class; their golden values are in tests/golden.
#include "framework/activation/grad_cam.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

TEST_CASE("a constant map is 0 everywhere at any size, others reach from 0 to 1") {
  for (int i = 1; i < 50; ++i) {
    const torch::Tensor constant = torch::full({1, 1, 3, 5}, static_cast<float>(i) / 7);
    for (const std::int64_t side : {3, 7, 8, 31, 32}) {
      CHECK(shown_over(constant, side, side + 1).abs().max().item<float>() == 0);
    }
  }
  const torch::Tensor ramp = shown_over(torch::arange(6, torch::kFloat32).view({1, 2, 3}), 8, 8);
  CHECK(ramp.min().item<float>() == 0);
  CHECK(ramp.max().item<float>() == 1);
}

TEST_CASE("maps are of classes that the model has") {
  const auto classifier = classifier_of(untrained_network());
  const torch::Tensor images = quadrants(1, 1).pixels(0, 1);
  for (const std::int64_t kind : {-1, 1000}) {
    const torch::Tensor classes = torch::full({1}, kind, torch::kInt64);
    CHECK_THAT(error_text([&] { grad_cam(*classifier, images, "stack1.block1.out", classes); }),
               Catch::Contains("classes: expected numbers from 0 to") && Catch::Contains(std::to_string(kind)));
  }
}

}  // namespace
}  // namespace deepmine
