#include "framework/attack/suspicion.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"
#include "tests/support/script_files.h"
#include "tests/support/small_network.h"

namespace deepmine {
namespace {

std::unique_ptr<Classifier> script(const std::string& body) {
  const TemporaryFolder folder;
  return load_classifier(save_script(folder, "m.pt", body).string());
}

const std::string kSum = "    z = x.flatten(1).sum(1) - 32.0\n";
const torch::Tensor kImages = quadrants(30, 5).pixels(0, 30);
const Goal kGoal = Goal::towards(1, 30);

std::string doubts(Classifier& classifier) {
  std::string all;
  for (const std::string& line : suspicions(classifier, kImages, kGoal)) all += line + "\n";
  return all;
}

std::optional<std::string> weaker(const std::string& spec, Classifier& classifier, const torch::Tensor& images,
                                  const Goal& goal) {
  NoProgress silent;
  const AttackResult result =
      (*Registry<Attack>::instance().make(Spec::parse(spec)))(classifier, images, goal, silent);
  return weaker_with_more_steps(Spec::parse(spec), classifier, images, goal, result, silent);
}

TEST_CASE("an honest classifier raises no suspicion") {
  const Dataset data = quadrants(30, 5);
  CHECK(suspicions(small_classifier(), data.pixels(0, 30), Goal::away_from(data.labels)).empty());
  CHECK_FALSE(weaker("bim:epsilon=0.2", small_classifier(), data.pixels(0, 30), Goal::away_from(data.labels)));
}

TEST_CASE("probabilities instead of logits are noticed, saturated gradients as well") {
  const auto soft = script(kSum + "    return torch.stack([z, -z], 1).softmax(1)\n");
  CHECK(doubts(*soft).find("probabilities") != std::string::npos);
  const auto rounded =
      script(kSum + "    return torch.stack([z, -z], 1) * 0.0 + torch.round(torch.stack([z, -z], 1))\n");
  CHECK(doubts(*rounded).find("gradient is 0 in every pixel for 25 of 25") != std::string::npos);
  CHECK(doubts(*rounded).find("probabilities") == std::string::npos);
}

TEST_CASE("labels that lead too far for float32 are noticed, whose gradient is 0, and models without one") {
  const auto sure = script("    z = x.flatten(1).sum(1) + 200.0\n    return torch.stack([z, z * 0.0], 1)\n");
  CHECK(suspicions(*sure, kImages, Goal::away_from(torch::zeros({30}, torch::kInt64)))[0].find("gradient is 0") !=
        std::string::npos);
  CHECK(suspicions(*sure, kImages, kGoal).empty());  // towards class 1 there is one
  const auto constant = script("    return torch.zeros([x.size(0), 2])\n");
  CHECK(error_text([&] { doubts(*constant); }).find("attacks that need no gradient: ") != std::string::npos);
}

TEST_CASE("what only makes gradients doubtful is no doubt about attacks that need none") {
  const auto doubts_of_others = [](const std::string& body) {
    const auto classifier = script(body);
    return suspicions(*classifier, kImages, kGoal, false);
  };
  CHECK(doubts_of_others("    return torch.zeros([x.size(0), 2])\n").empty());
  CHECK(doubts_of_others(kSum + "    return torch.stack([z, -z], 1).softmax(1)\n").empty());
  CHECK(doubts_of_others(kSum + "    return torch.round(torch.stack([z, -z], 1))\n").empty());
  CHECK(doubts_of_others(kSum + "    return torch.stack([z, -z], 1) + torch.rand([x.size(0), 2])\n").size() == 1);
}

TEST_CASE("a model that answers differently each time is noticed") {
  const auto random = script(kSum + "    return torch.stack([z, -z], 1) + torch.rand([x.size(0), 2])\n");
  CHECK(doubts(*random).find("two forward passes") != std::string::npos);
}

TEST_CASE("an attack that loses by going on is noticed") {
  // Class 1 lies in a narrow band of brightness; the gradient leads beyond it, where class 0 is given.
  const auto band = script("    z = x.flatten(1).mean(1)\n"
                           "    high = (z > 0.6).float() * 2.0\n"
                           "    return torch.stack([0.5 + high * 0.5 - z * 0.0, z - high * 0.0], 1)\n");
  const torch::Tensor images = torch::full({10, 1, 4, 4}, 0.45);
  const auto line = weaker("bim:epsilon=0.3,step=0.02,steps=10", *band, images, Goal::towards(1, 10));
  REQUIRE(line);
  CHECK(line->find("succeeds on 0 of 10 images with 10 steps, on 10 with 5") != std::string::npos);
  CHECK_FALSE(weaker("fgsm", *band, images, Goal::towards(1, 10)));
}

TEST_CASE("outputs that depend on the batch are among the suspicions, and probabilities of one logit") {
  const auto of_batch = script("    return (x - x.mean(0, True)).flatten(1)[:, 0:3]\n");
  CHECK(doubts(*of_batch).find("depend on the other images of its batch") != std::string::npos);
  const auto sigmoid = script("    return torch.sigmoid(x.flatten(1).sum(1, True) - 28.0)\n");
  CHECK(doubts(*sigmoid).find("like a probability") != std::string::npos);
  const auto logit = script("    return x.flatten(1).sum(1, True) - 28.0\n");
  CHECK(doubts(*logit).empty());
}

TEST_CASE("an attack whose steps together do not reach what it may change is told") {
  const auto told = [](const std::string& spec) { return falls_short(Spec::parse(spec), 64).value_or(""); };
  CHECK(told("ensemble:attacks=[fgsm+bim:epsilon=0.3,step=0.01]").find("bim moves an image by 0.1") == 0);
  CHECK(told("bim:epsilon=0.3,step=0.01").find("moves an image by 0.1 in L-infinity at most") != std::string::npos);
  CHECK(told("bim:epsilon=0.3,step=0.01").find("it may go to 0.3") != std::string::npos);
  CHECK(told("pgd:norm=l2,epsilon=1,step=0.01,steps=20").find("0.2 in L2 at most") != std::string::npos);
  CHECK_FALSE(told("bim-a:epsilon=0.5,step=0.001").empty());
  CHECK_FALSE(told("bim-b:epsilon=0.5,step=0.001").empty());
  CHECK_FALSE(told("jsma:steps=1,gamma=0.5").empty());
  for (const char* enough : {"bim:epsilon=0.02,step=0.002,steps=10", "bim:epsilon=0", "pgd:norm=l2,epsilon=1",
                             "pgd:steps=3", "pgd:epsilon=0.5", "fgsm", "deepfool", "cw", "noise", "jsma:gamma=0.01"}) {
    INFO(enough);
    CHECK(told(enough).empty());
  }
}

}  // namespace
}  // namespace deepmine
