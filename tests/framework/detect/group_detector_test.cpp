#include "framework/detect/group_detector.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

std::unique_ptr<GroupDetector> reading(std::vector<std::string> layers) {
  auto detector = make_group_detector(Spec::parse("subset-scan"));
  detector->read(std::move(layers));
  return detector;
}

TEST_CASE("layers are scanned beside each other in the order asked for") {
  const Dataset data = quadrants(40, 3);
  const Inputs background(small_classifier(), data.pixels(0, 30)), evaluation(small_classifier(), data.pixels(30, 40));
  const auto beside = [](const Inputs& inputs) {
    return Inputs(torch::cat({inputs.feature({"pool"}), inputs.feature({"stem.conv"})}, 1));
  };
  const auto both = reading({"pool", "stem.conv"}), of_values = reading({});
  both->fit({background}, Seed(1), 1);
  of_values->fit({beside(background)}, Seed(1), 1);
  const auto pool = both->admit(evaluation, 1), expected = of_values->admit(beside(evaluation), 1);
  const GroupScore found = pool->score({0, 3, 5, 9}, Seed(2)), as_values = expected->score({0, 3, 5, 9}, Seed(2));
  CHECK(found.score == as_values.score);
  CHECK(found.n_nodes == as_values.n_nodes);
  CHECK(both->score(evaluation, 1).values == of_values->score(beside(evaluation), 1).values);
}

TEST_CASE("the layout of layers tells the nodes of each and of a channel where all channels have as many") {
  const torch::Tensor image = torch::zeros({1, 1, 8, 8});
  const NodeLayout both = reading({"pool", "stem.conv"})->layout(small_classifier(), image);
  CHECK(both.layers == std::vector<std::size_t>{64, 16 * 64});
  CHECK(both.nodes() == 17 * 64);
  CHECK(both.channel == 0);  // a layer without channels beside one of 8 x 8
  CHECK(reading({"stem.conv"})->layout(small_classifier(), image).channel == 64);
}

TEST_CASE("layers that cannot be read are named") {
  const auto text = [](std::vector<std::string> layers) {
    return error_text([&] { reading(std::move(layers))->layout(small_classifier(), torch::zeros({1, 1, 8, 8})); });
  };
  CHECK_THAT(text({"nope"}), Catch::Contains("unknown layer \"nope\"; known: stem.conv"));
  CHECK_THAT(text({"pool", "pool"}), Catch::Contains("each once"));
  CHECK_THAT(text({}), Catch::Contains("one or more"));
}

}  // namespace
}  // namespace deepmine
