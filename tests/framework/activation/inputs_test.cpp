#include "framework/activation/inputs.h"

#include <catch2/catch.hpp>

#include "framework/core/error.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

/// Counts the images that pass.
class Counter : public NoProgress {
 public:
  void advance(std::size_t steps) override { passed += steps; }
  std::size_t passed = 0;
};

TEST_CASE("inputs pass the network once for their logits and all features asked for") {
  const auto classifier = classifier_of(untrained_network());
  Counter counter;
  const torch::Tensor images = quadrants(12, 1).pixels(0, 12);
  const Inputs inputs(*classifier, images, "inputs", counter);
  inputs.require({{"pool"}, {"stack1.block1.out", Pooling::kChannelMean}});
  CHECK(inputs.feature({"pool"}).size(0) == 12);
  CHECK(inputs.predicted().equal(predict(*classifier, images)));
  CHECK(inputs.feature({"stack1.block1.out", Pooling::kChannelMean}).size(1) == 16);
  CHECK(counter.passed == 12);
  inputs.feature({"stack1.block1.out", Pooling::kChannelEnergy});
  CHECK(counter.passed == 24);
}

TEST_CASE("channels are pooled as they would be afterwards") {
  const auto classifier = classifier_of(untrained_network());
  const torch::Tensor images = quadrants(3, 2).pixels(0, 3);
  const Inputs inputs(*classifier, images);
  const std::string layer = "stack1.block1.out";
  const torch::Tensor whole = inputs.feature({layer}).view({3, 16, 64}).to(torch::kFloat64);
  CHECK(inputs.feature({layer, Pooling::kChannelMean}).to(torch::kFloat64).allclose(whole.mean(2), 1e-6, 1e-7));
  CHECK(inputs.feature({layer, Pooling::kChannelEnergy}).to(torch::kFloat64).allclose(whole.square().sum(2), 1e-6, 1e-7));
  CHECK(inputs.feature({"pool", Pooling::kChannelMean}).equal(inputs.feature({"pool"})));
  CHECK(Feature{layer, Pooling::kChannelEnergy}.text() == layer + "/energy");
}

TEST_CASE("values stand for logits and for any feature, and have no model") {
  const torch::Tensor values = torch::tensor({{0.0, 2.0}, {3.0, 1.0}}, torch::kFloat64);
  Inputs inputs(values);
  CHECK(inputs.logits().equal(values));
  CHECK(inputs.feature({"any"}).equal(values));
  CHECK(inputs.predicted().equal(torch::tensor({1, 0}, torch::kInt64)));
  inputs.predict(torch::tensor({5, 5}, torch::kInt64));
  CHECK(inputs.predicted().equal(torch::tensor({5, 5}, torch::kInt64)));
  CHECK(error_text([&] { inputs.model(); }).find("expected a model and its images") == 0);
  CHECK_THROWS_AS(Inputs(torch::zeros({0, 2})), Error);
}

}  // namespace
}  // namespace deepmine
