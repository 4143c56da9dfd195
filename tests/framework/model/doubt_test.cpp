#include "framework/model/doubt.h"

#include <torch/script.h>

#include <catch2/catch.hpp>

#include "framework/model/autoencoder.h"
#include "tests/support/script_network.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

std::string doubts(const std::string& body, const torch::Tensor& images) {
  const TemporaryFolder folder;
  Model model = load_model(save_script(folder, "m.pt", body).string());
  std::string all;
  for (const std::string& line : doubts_about(model, images)) all += line + "\n";
  return all;
}

torch::Tensor pixels(std::int64_t count) { return quadrants(count, 4).pixels(0, count); }

const std::string kOfTheBatch = "    return (x - x.mean(0, True) + x.mean()).flatten(1)[:, 0:4]\n";

TEST_CASE("outputs that depend on the other images of the batch are noticed, by how much they do") {
  const std::string found = doubts(kOfTheBatch, pixels(20));
  CHECK(found.find("depend on the other images of its batch (by up to 0.") != std::string::npos);
  CHECK(found.find("of 9 images change class)") != std::string::npos);
  CHECK(doubts("    return x.flatten(1)[:, 0:4]\n", pixels(20)).empty());
}

TEST_CASE("a dependence on the batch is noticed with one image, and with equal ones") {
  CHECK_FALSE(doubts(kOfTheBatch, pixels(1)).empty());
  CHECK_FALSE(doubts(kOfTheBatch, pixels(1).repeat({6, 1, 1, 1})).empty());
}

TEST_CASE("a batch normalisation in training mode is noticed, and one in eval mode is not") {
  torch::jit::Module module = normalising_script();
  const TemporaryFolder folder;
  module.save((folder / "m.pt").string());
  Model evaluated = load_model((folder / "m.pt").string());
  CHECK(doubts_about(evaluated, pixels(10)).empty());
  const std::string frozen =
      "    y = torch.batch_norm(x, None, None, None, None, True, 0.5, 1e-5, False)\n"
      "    return y.flatten(1)[:, 0:4]\n";
  CHECK(doubts(frozen, pixels(10)).find("BatchNorm") != std::string::npos);
}

TEST_CASE("one output that looks like a probability is noticed, for it is taken for a logit") {
  CHECK(doubts("    return x.flatten(1).mean(1).sigmoid()\n", pixels(20)).find("like a probability") !=
        std::string::npos);
  CHECK(doubts("    return x.flatten(1).mean(1) * 8 - 4\n", pixels(20)).empty());
}

TEST_CASE("an autoencoder of the batch is noticed as a classifier is") {
  CHECK_FALSE(doubts("    return torch.sigmoid(x - x.mean(0, True))\n", pixels(6)).empty());
}

TEST_CASE("a random model is noticed, and torch's random numbers stay as they were") {
  const std::string random = "    return torch.dropout(x.flatten(1), 0.5, True)\n";
  torch::manual_seed(3);
  const torch::Tensor expected = torch::rand({4});
  torch::manual_seed(3);
  CHECK(doubts(random, pixels(5)).find("two forward passes of the same images differ") != std::string::npos);
  CHECK(torch::equal(torch::rand({4}), expected));
}

TEST_CASE("rounding is no dependence on the batch, nor are outputs that are constant or no numbers") {
  CHECK(doubts_about(small_classifier(), pixels(10)).empty());
  const auto autoencoder = make_network(Spec::parse("autoencoder:channels=1,size=8"), Seed(1));
  Autoencoder ours(Model(autoencoder, {}, {}));
  CHECK(doubts_about(ours, pixels(10)).empty());
  // A trace of the batch, as sums in another order leave it.
  CHECK(doubts("    return x.flatten(1)[:, 0:4] + x.mean() * 1e-6\n", pixels(5))
            .empty());
  CHECK(doubts("    return torch.ones([x.size(0), 3]) * 0.1\n", pixels(5)).empty());
  CHECK(doubts("    return torch.log(x.flatten(1)[:, 0:3] - 2.0)\n", pixels(5)).empty());
}

}  // namespace
}  // namespace deepmine
