#include "framework/activation/inputs.h"

#include <catch2/catch.hpp>

#include "framework/core/error.h"
#include "tests/support/error_text.h"
#include "tests/support/small_network.h"
#include "tests/support/temporary_folder.h"

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
  CHECK(
      inputs.feature({layer, Pooling::kChannelEnergy}).to(torch::kFloat64).allclose(whole.square().sum(2), 1e-6, 1e-7));
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

TEST_CASE("rows of inputs, stacked, are the inputs in that order") {
  const auto classifier = classifier_of(untrained_network());
  const torch::Tensor images = quadrants(5, 3).pixels(0, 5);
  Inputs whole(*classifier, images);
  whole.labels = torch::arange(5);
  whole.require({{"pool"}});
  const Inputs last = whole.rows({4, 3}), first = whole.rows({0, 0});
  CHECK(last.size() == 2);
  CHECK(torch::equal(last.images(), images.flip(0).slice(0, 0, 2)));
  const Inputs joined = Inputs::stacked({&last, &first});
  const torch::Tensor order = torch::tensor({4, 3, 0, 0}, torch::kInt64);
  CHECK(joined.size() == 4);
  CHECK(joined.feature({"pool"}).equal(whole.feature({"pool"}).index_select(0, order)));
  CHECK(joined.predicted().equal(whole.predicted().index_select(0, order)));
  CHECK(joined.labels.equal(order));
  CHECK(joined.shape("pool") == whole.shape("pool"));
  CHECK_FALSE(joined.has_images());
}

TEST_CASE("inputs without their images keep what was worked out and refuse the rest") {
  const auto classifier = classifier_of(untrained_network());
  Inputs inputs(*classifier, quadrants(3, 3).pixels(0, 3));
  inputs.require({{"pool"}});
  inputs.release_images();
  CHECK(inputs.feature({"pool"}).size(0) == 3);
  CHECK(inputs.shape("pool") == std::vector<std::int64_t>{64});
  CHECK_THROWS_AS(inputs.feature({"stem.conv"}), Error);
  inputs.release({"pool"});
  CHECK_FALSE(inputs.has({"pool"}));
}

/// What inputs say of their images, and how many of these passed.
struct Said {
  torch::Tensor pool, stem, predicted;
  std::size_t passed;
};

Said said(Classifier& classifier, const torch::Tensor& images, const std::filesystem::path& folder,
          const std::string& made_by) {
  Counter counter;
  Inputs inputs(classifier, images, "inputs", counter);
  inputs.keep_in(folder, made_by);
  inputs.require({{"pool"}, {"stem.conv"}});
  return {inputs.feature({"pool"}), inputs.feature({"stem.conv"}), inputs.predicted(), counter.passed};
}

TEST_CASE("what is kept in a folder is read there, by the images, the weights and what it was made by") {
  const TemporaryFolder folder;
  const auto classifier = classifier_of(untrained_network(), {}, "weights");
  const torch::Tensor images = quadrants(5, 3).pixels(0, 5);
  const Said first = said(*classifier, images, folder.path(), "code 1"),
             again = said(*classifier, images, folder.path(), "code 1");
  CHECK(first.passed == 5);
  CHECK(again.passed == 0);
  CHECK(again.pool.equal(first.pool));
  CHECK(again.stem.equal(first.stem));
  CHECK(again.predicted.equal(first.predicted));
  CHECK(said(*classifier, images, folder.path(), "code 2").passed == 5);
  CHECK(said(*classifier, images.flip(0), folder.path(), "code 1").passed == 5);
  CHECK(said(*classifier_of(untrained_network(2), {}, "others"), images, folder.path(), "code 1").passed == 5);
  std::filesystem::remove_all(folder.path());
  CHECK(said(*classifier, images, folder.path(), "code 1").passed == 5);
}

TEST_CASE("inputs of a model that is no classifier have features and no logits") {
  Model model(untrained_network(), {}, "");
  const Inputs inputs(model, quadrants(3, 3).pixels(0, 3));
  CHECK(inputs.feature({"pool"}).size(1) == 64);
  CHECK(error_text([&] { inputs.logits(); }).find("expected a classifier") != std::string::npos);
}

}  // namespace
}  // namespace deepmine
