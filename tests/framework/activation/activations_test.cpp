#include "framework/activation/activations.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"
#include "tests/support/script_files.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

Activations activations(Model& model, const torch::Tensor& images, const std::string& layer, int threads = 1) {
  NoProgress silent;
  return std::move(pass_images(model, images, {{layer}}, silent, threads).features.at({layer}));
}

TEST_CASE("activations of an image are the same bits whatever stands beside it") {
  const torch::Tensor images = quadrants(310, 5).pixels(0, 310);
  const std::string layer = "stack3.block3.conv2";
  const Activations all = activations(small_classifier(), images, layer);
  REQUIRE(all.rows() == 310);
  REQUIRE(all.cols() == 64 * 2 * 2);
  const Activations some = activations(small_classifier(), images.slice(0, 240, 310), layer);
  for (std::size_t i = 0; i < some.rows(); ++i) {
    REQUIRE(std::equal(some.row(i), some.row(i) + some.cols(), all.row(240 + i)));
  }
}

TEST_CASE("logits and activations are the same bits however many batches pass at once") {
  const torch::Tensor images = quadrants(4 * kExtractionBatch + 10, 5).pixels(0, 4 * kExtractionBatch + 10);
  NoProgress silent;
  const std::set<Feature> features{{"stem.conv"}, {"stack3.block3.out", Pooling::kChannelMean}};
  const Passed one = pass_images(small_classifier(), images, features, silent, 1);
  for (const int threads : {2, 4}) {
    const Passed several = pass_images(small_classifier(), images, features, silent, threads);
    CHECK(torch::equal(one.logits, several.logits));
    for (const Feature& feature : features) {
      const Activations &a = one.features.at(feature), &b = several.features.at(feature);
      CHECK(std::equal(a.data(), a.data() + a.size(), b.data(), b.data() + b.size()));
    }
  }
}

TEST_CASE("nodes are counted channel by channel, row by row") {
  const torch::Tensor images = quadrants(3, 5).pixels(0, 3);
  torch::Tensor seen;
  small_classifier().logits(images, [&](std::string_view layer, const torch::Tensor& x) {
    if (layer == "stem.conv") seen = x.contiguous();
  });
  const Activations nodes = activations(small_classifier(), images, "stem.conv");
  CHECK(nodes(2, (5 * 8 + 3) * 8 + 6) == Approx(seen[2][5][3][6].item<float>()));
}

TEST_CASE("several layers come in one pass") {
  const torch::Tensor images = quadrants(3, 5).pixels(0, 3);
  NoProgress silent;
  const auto both = pass_images(small_classifier(), images, {{"stem.conv"}, {"pool"}}, silent).features;
  CHECK(both.at({"stem.conv"}).cols() == 16 * 64);
  CHECK(both.at({"pool"}).cols() == 64);
}

TEST_CASE("an unknown layer lists the known ones") {
  CHECK(error_text([&] {
          activations(small_classifier(), torch::rand({1, 1, 8, 8}), "conv9");
        }).find("stack3.block3.conv2") != std::string::npos);
}

TEST_CASE("activations that are not finite are an error") {
  auto network = untrained_network();
  {
    torch::NoGradGuard no_gradient;
    network->named_parameters()["dense.bias"].fill_(std::numeric_limits<float>::infinity());
  }
  const auto classifier = classifier_of(network);
  CHECK(error_text([&] {
          activations(*classifier, torch::rand({1, 1, 8, 8}), "logits");
        }).find("NaN or infinite") != std::string::npos);
}

TEST_CASE("a program that changes its images in place, or gives one number an image, has each image's row") {
  const TemporaryFolder folder;
  const std::string end = "    return x.flatten(1).sum(1)\n";
  Model in_place = load_model(save_script(folder, "in-place.pt", "    x.sub_(0.5).relu_()\n" + end).string());
  Model plain = load_model(save_script(folder, "plain.pt", "    x = torch.relu(x - 0.5)\n" + end).string());
  const torch::Tensor x = quadrants(kExtractionBatch + 3, 4).pixels(0, kExtractionBatch + 3), before = x.clone();
  const Activations found = activations(in_place, x, "output");
  const Activations expected = activations(plain, x, "output");
  REQUIRE(found.rows() == static_cast<std::size_t>(x.size(0)));
  REQUIRE(found.cols() == 1);
  CHECK(std::equal(found.data(), found.data() + found.size(), expected.data()));
  CHECK(torch::equal(x, before));
}

TEST_CASE("a program that writes into what is its own passes one batch at a time") {
  const TemporaryFolder folder;
  save_counting_script(folder / "counting.pt");
  const auto rows = [&](int threads) {
    Model program = load_model((folder / "counting.pt").string());
    CHECK(program.passes_at_once(4) == 1);
    return activations(program, torch::zeros({4 * kExtractionBatch, 1, 2, 2}), "output", threads);
  };
  const Activations one = rows(1), several = rows(4);
  CHECK(several(0, 0) == 1);
  CHECK(several(several.rows() - 1, 0) == 4);  // the fourth batch
  CHECK(std::equal(one.data(), one.data() + one.size(), several.data(), several.data() + several.size()));
  CHECK(small_classifier().passes_at_once(4) == 4);
}

TEST_CASE("activations within a program are those of each image, whatever stands beside it") {
  const TemporaryFolder folder;
  save_script_network(folder / "m.pt");
  Model model = load_model((folder / "m.pt").string());
  const torch::Tensor x = quadrants(kExtractionBatch + 60, 4).pixels(0, kExtractionBatch + 60);
  NoProgress silent;
  const auto all = pass_images(model, x, {{"conv"}, {"relu"}}, silent).features;
  const Activations some = activations(model, x.slice(0, kExtractionBatch), "conv");
  const Activations& conv = all.at({"conv"});
  REQUIRE(conv.cols() == 6 * 64);
  for (std::size_t i = 0; i < some.rows(); ++i) {
    REQUIRE(std::equal(some.row(i), some.row(i) + some.cols(), conv.row(kExtractionBatch + i)));
  }
  for (std::size_t i = 0; i < conv.size(); ++i) REQUIRE(all.at({"relu"}).data()[i] == std::max(conv.data()[i], 0.0F));
  CHECK(layer_shapes(model, x.slice(0, 0, 1), {"relu"}) == LayerShapes{{"relu", {6, 8, 8}}});
}

TEST_CASE("a program that takes the axis of the images away from a lone one has layers of the same shape") {
  const TemporaryFolder folder;
  const std::string body = "    return torch.tanh(torch.avg_pool2d(x, [8, 8]).squeeze())\n";
  Model model = load_model(save_script(folder, "m.pt", body).string());
  CHECK(layer_shapes(model, torch::rand({1, 3, 8, 8}), {"tanh"}) == LayerShapes{{"tanh", {3}}});
}

TEST_CASE("a layer without a row for each image is known, but has no activations") {
  const TemporaryFolder folder;
  const std::string body = "    y = torch.relu(x.flatten(0))\n    return torch.tanh(x).flatten(1) + y.mean()\n";
  Model model = load_model(save_script(folder, "m.pt", body).string());
  NoProgress silent;
  const torch::Tensor x = torch::rand({3, 1, 2, 2});
  CHECK(model.layers() == std::vector<std::string>{"relu", "tanh", "add", "output"});
  CHECK(layer_shapes(model, x.slice(0, 0, 1)).count("relu") == 0);
  CHECK(error_text([&] { activations(model, x, "relu"); }).find("layer \"relu\": expected an output for each image") ==
        0);
}

}  // namespace
}  // namespace deepmine
