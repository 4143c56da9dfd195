#include "experiments/watcher.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

TEST_CASE("layers lie beside each other in the order asked for, one input a row") {
  Classifier& network = small_classifier();
  const torch::Tensor images = quadrants(5, 3).pixels(0, 5);
  NoProgress silent;
  const Watcher both(network, {"pool", "stem.conv"}, images.slice(0, 0, 1));
  const Watched watched = both.watch(images, "test", silent);
  const Activations pool = extract_activations(network, images, "pool", silent);
  const Activations stem = extract_activations(network, images, "stem.conv", silent);
  REQUIRE(watched.activations.cols() == pool.cols() + stem.cols());
  CHECK(both.nodes() == watched.activations.cols());
  for (std::size_t row = 0; row < 5; ++row) {
    CHECK(std::equal(pool.row(row), pool.row(row) + pool.cols(), watched.activations.row(row)));
    CHECK(std::equal(stem.row(row), stem.row(row) + stem.cols(), watched.activations.row(row) + pool.cols()));
  }
  CHECK(torch::equal(watched.predicted, predict(network, images)));
  const WatchedInputs inputs = both.inputs(watched);
  CHECK(inputs.channel_nodes == 0);  // a layer without channels beside one of 8 x 8
  CHECK(inputs.layer_nodes == std::vector<std::size_t>{pool.cols(), stem.cols()});
  const Watcher one(network, {"stem.conv"}, images.slice(0, 0, 1));
  CHECK(one.inputs(watched).channel_nodes == 64);
}

TEST_CASE("stacked inputs come part after part") {
  Classifier& network = small_classifier();
  const torch::Tensor images = quadrants(5, 3).pixels(0, 5);
  NoProgress silent;
  const Watcher watcher(network, {"pool"}, images.slice(0, 0, 1));
  const Watched first = watcher.watch(images.slice(0, 0, 2), "test", silent);
  const Watched second = watcher.watch(images.slice(0, 2, 5), "test", silent);
  const Watched whole = watcher.watch(images, "test", silent), joined = stacked({&first, &second});
  CHECK(std::equal(whole.activations.data(), whole.activations.data() + whole.activations.size(),
                   joined.activations.data()));
  CHECK(torch::equal(whole.predicted, joined.predicted));
}

TEST_CASE("layers that cannot be watched are named") {
  const torch::Tensor image = torch::zeros({1, 1, 8, 8});
  const auto text = [&](std::vector<std::string> layers) {
    return error_text([&] { Watcher(small_classifier(), std::move(layers), image); });
  };
  CHECK_THAT(text({"nope"}), Catch::Contains("found \"nope\""));
  CHECK_THAT(text({"pool", "pool"}), Catch::Contains("each once"));
  CHECK_THAT(text({}), Catch::Contains("one or more"));
}

}  // namespace
}  // namespace deepmine
