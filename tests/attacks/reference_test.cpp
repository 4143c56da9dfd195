// Every attack against a second, plain implementation of it, on a small TorchScript network.
#include <torch/script.h>

#include <catch2/catch.hpp>

#include "framework/attack/attack.h"
#include "tests/support/plain_attacks.h"
#include "tests/support/plain_searches.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

constexpr std::int64_t kCount = 24;

struct Bench {
  std::unique_ptr<Classifier> classifier;
  torch::jit::Module module;
  torch::Tensor images, labels;

  explicit Bench(bool exact = false) : classifier(script_classifier(exact)), module(script_network(exact)) {
    RandomStream random(Seed(9));
    images = (random_weights({kCount, 1, 8, 8}, 0.5, random) + 0.5).clamp(0, 1);
    images[0].fill_(0);  // where clipping matters
    images[1].fill_(1);
    labels = predict(*classifier, images);
  }

  plain::Logits logits() {
    return [this](const torch::Tensor& x) { return module.forward({x}).toTensor(); };
  }
  Goal away() const { return Goal::away_from(labels); }
  Goal next() const { return Goal::towards_next(labels, 4); }
  AttackResult attack(const std::string& spec, const Goal& goal) {
    NoProgress silent;
    return (*Registry<Attack>::instance().make(Spec::parse(spec)))(*classifier, images, goal, silent);
  }
  torch::Tensor image(std::int64_t i) const { return images.slice(0, i, i + 1); }
};

plain::Aim aim_of(const Goal& goal) { return {goal.targeted, goal.classes}; }

double farthest(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST_CASE("the small network knows all four classes") {
  Bench bench;
  CHECK(std::get<0>(torch::_unique(bench.labels)).size(0) == 4);
  CHECK(bench.attack("bim:epsilon=0.2,step=0.02,steps=20", bench.next()).success_rate() > 0.9);
}

TEST_CASE("FGSM is the plain one, bit for bit") {
  Bench bench;
  for (const Goal& goal : {bench.away(), bench.next()}) {
    CHECK(torch::equal(bench.attack("fgsm:epsilon=0.05", goal).images,
                       plain::fgsm(bench.logits(), bench.images, aim_of(goal), 0.05)));
  }
}

TEST_CASE("the smallest epsilon of FGSM is the plain search's") {
  Bench bench;
  for (const Goal& goal : {bench.away(), bench.next()}) {
    const AttackResult found = bench.attack("fgsm-minimal:epsilons=400", goal);
    CHECK(found.success_rate() > 0.4);
    for (std::int64_t i = 0; i < kCount; ++i) {
      INFO(i);
      const torch::Tensor expected =
          plain::fgsm_minimal(bench.logits(), bench.image(i), aim_of(goal.slice(i, i + 1)), 1, 400);
      CHECK(farthest(found.images[i], expected[0]) < 1e-6);
    }
  }
}

TEST_CASE("BIM is the plain one, bit for bit, and so are BIM-b and PGD from the same start") {
  Bench bench;
  const std::string options = "epsilon=0.05,step=0.01,steps=12";
  for (const Goal& goal : {bench.away(), bench.next()}) {
    const auto plain_from = [&](const torch::Tensor& start) {
      return plain::bim(bench.logits(), bench.images, aim_of(goal), 0.05, 0.01, 12, start);
    };
    CHECK(torch::equal(bench.attack("bim:" + options, goal).images, plain_from(bench.images)));
    CHECK(torch::equal(bench.attack("bim-b:" + options, goal).images, plain_from(bench.images)));
    const torch::Tensor start = bench.attack("pgd:epsilon=0.05,step=0,steps=1,seed=4", goal).images;
    CHECK(farthest(start, bench.images) > 0.04);
    CHECK(torch::equal(bench.attack("pgd:seed=4," + options, goal).images, plain_from(start)));
  }
}

TEST_CASE("PGD in L2 is the plain one") {
  Bench bench;
  for (const Goal& goal : {bench.away(), bench.next()}) {
    const torch::Tensor start = bench.attack("pgd:norm=l2,epsilon=0.5,step=0,steps=1,seed=4", goal).images;
    const torch::Tensor expected =
        plain::pgd_l2(bench.logits(), bench.images, aim_of(goal), 0.5, 0.1, 12, start.clone());
    CHECK(farthest(bench.attack("pgd:norm=l2,epsilon=0.5,step=0.1,steps=12,seed=4", goal).images, expected) < 1e-6);
  }
}

TEST_CASE("BIM-a stops each image at the step after which the plain BIM first succeeds") {
  Bench bench;
  const Goal goal = bench.next();
  const AttackResult found = bench.attack("bim-a:epsilon=0.2,step=0.02,steps=15", goal);
  for (std::int64_t i = 0; i < kCount; ++i) {
    INFO(i);
    torch::Tensor expected;
    for (int steps = 1; steps <= 15; ++steps) {
      const Goal one = goal.slice(i, i + 1);
      expected = plain::bim(bench.logits(), bench.image(i), aim_of(one), 0.2, 0.02, steps, bench.image(i));
      if (one.met_by(bench.logits()(expected).argmax(1)).item<bool>()) break;
    }
    CHECK(farthest(found.images[i], expected[0]) < 1e-6);
  }
}

TEST_CASE("DeepFool is the plain one") {
  Bench bench;
  const AttackResult found = bench.attack("deepfool", bench.away());
  CHECK(found.success_rate() == 1);
  for (std::int64_t i = 0; i < kCount; ++i) {
    INFO(i);
    const torch::Tensor expected =
        plain::deepfool(bench.logits(), bench.image(i), bench.labels[i].item<std::int64_t>(), 50, 0.02);
    CHECK(farthest(found.images[i], expected[0]) < 1e-6);
  }
}

TEST_CASE("Carlini-Wagner is the plain one, with and without giving up early") {
  Bench bench;
  for (const Goal& goal : {bench.away(), bench.next()}) {
    for (const bool abort : {false, true}) {
      const AttackResult found =
          bench.attack(fmt::format("cw:searches=4,steps=60,rate=0.05,c=0.01,abort={}", abort), goal);
      CHECK(found.success_rate() > 0.9);  // black and white images take more steps to leave
      for (std::int64_t i = 0; i < kCount; ++i) {
        INFO(i);
        const torch::Tensor expected = plain::cw(bench.logits(), bench.image(i), aim_of(goal.slice(i, i + 1)),
                                                 {4, 60, 0.05, 0.01, 0, abort});
        CHECK(farthest(found.images[i], expected[0]) < 1e-6);
      }
    }
  }
}

TEST_CASE("Carlini-Wagner is the plain one with a margin to reach, and when the last search takes the upper bound") {
  Bench bench(true);  // how float32 rounds depends on the batch, and may turn a bisection
  const Goal goal = bench.next();
  const AttackResult margin = bench.attack("cw:searches=3,steps=60,rate=0.05,c=0.1,confidence=0.5", goal);
  const AttackResult last = bench.attack("cw:searches=10,steps=20,rate=0.05,c=0.1", goal);
  for (std::int64_t i = 0; i < kCount; ++i) {
    INFO(i);
    const plain::Aim aim = aim_of(goal.slice(i, i + 1));
    CHECK(farthest(margin.images[i], plain::cw(bench.logits(), bench.image(i), aim, {3, 60, 0.05, 0.1, 0.5, true})[0]) <
          1e-6);
    CHECK(farthest(last.images[i], plain::cw(bench.logits(), bench.image(i), aim, {10, 20, 0.05, 0.1, 0, true})[0]) <
          1e-6);
  }
}

TEST_CASE("an image that meets the goal already costs the minimal attacks one gradient, and no distance") {
  Bench bench;
  const Goal met = Goal::away_from((bench.labels + 1).remainder(4));
  for (const char* spec : {"cw:searches=3,steps=50", "fgsm-minimal"}) {
    INFO(spec);
    const AttackResult found = bench.attack(spec, met);
    CHECK(found.success_rate() == 1);
    CHECK((found.gradients == 1).all().item<bool>());
    CHECK(found.l2.max().item<double>() < 1e-4);  // tanh and back
  }
  for (const char* spec : {"deepfool", "hopskipjump", "hopskipjump:norm=linf"}) {
    CHECK(bench.attack(spec, met).l2.max().item<double>() == 0);
  }
}

TEST_CASE("JSMA's fast form is Foolbox's, one value at a time") {
  Bench bench;
  const Goal goal = bench.next();
  const AttackResult found = bench.attack("jsma:preset=foolbox,steps=60", goal);
  CHECK(found.success_rate() > 0.3);
  CHECK(found.gradients.max().item<std::int64_t>() > 20);
  for (std::int64_t i = 0; i < kCount; ++i) {
    INFO(i);
    const torch::Tensor expected =
        plain::jsma_fast(bench.logits(), bench.image(i), goal.classes[i].item<std::int64_t>(), 0.1, 60, 7);
    CHECK(farthest(found.images[i], expected[0]) < 1e-6);
  }
}

TEST_CASE("values that may change again are raised in more steps than there are values") {
  Bench bench;
  const AttackResult found = bench.attack("jsma:theta=0.01,changes=0,gamma=0.2", bench.next());
  CHECK(found.gradients.max().item<std::int64_t>() > 40);
  CHECK(found.l0.max().item<double>() <= 12);
}

TEST_CASE("JSMA's largest two slopes are the pair that a search through all pairs of values finds") {
  Bench bench;
  const Goal goal = bench.next();
  for (const bool probabilities : {true, false}) {
    const AttackResult found = bench.attack(
        fmt::format("jsma:theta=1,gamma=0.3,form={}", probabilities ? "probability" : "logit"), goal);
    CHECK(found.success_rate() > 0.3);
    CHECK(found.l0.max().item<double>() > 4);
    for (std::int64_t i = 0; i < kCount; ++i) {
      INFO(i << (probabilities ? " probabilities" : " logits"));
      const torch::Tensor expected = plain::jsma(bench.logits(), bench.image(i), goal.classes[i].item<std::int64_t>(),
                                                 1, 0.3, probabilities);
      CHECK(farthest(found.images[i], expected[0]) < 1e-6);
    }
  }
}

/// The draws of image `i` of an attack of seed 0.
RandomStream draws(Bench& bench, std::int64_t i, const char* name) {
  return Batch(*bench.classifier, bench.images, bench.away()).random(i, Seed(0).child(name));
}

TEST_CASE("the Square Attack is the plain one, in both norms") {
  Bench bench(true);
  for (const Goal& goal : {bench.away(), bench.next()}) {
    for (const bool l2 : {false, true}) {
      const double epsilon = l2 ? 0.5 : 0.06;
      const AttackResult found = bench.attack(
          fmt::format("square:norm={},epsilon={},queries=150,p=0.3", l2 ? "l2" : "linf", epsilon), goal);
      CHECK(found.success_rate() > 0.05);
      CHECK(found.success_rate() < 0.95);  // else the last changes are not compared
      for (std::int64_t i = 0; i < kCount; ++i) {
        INFO(i << (l2 ? " L2" : " L-infinity"));
        const torch::Tensor expected = plain::square(bench.logits(), bench.image(i), aim_of(goal.slice(i, i + 1)),
                                                     {epsilon, 0.3, 150, l2}, draws(bench, i, "square"));
        CHECK(farthest(found.images[i], expected[0]) < 1e-6);
      }
    }
  }
}

TEST_CASE("HopSkipJump is the plain one, in both norms") {
  Bench bench(true);
  for (const Goal& goal : {bench.away(), bench.next()}) {
    for (const bool l2 : {true, false}) {
      const AttackResult found =
          bench.attack(fmt::format("hopskipjump:norm={},steps=4,evaluations=30", l2 ? "l2" : "linf"), goal);
      CHECK(found.success_rate() > 0.9);
      for (std::int64_t i = 0; i < kCount; i += 3) {
        INFO(i << (l2 ? " L2" : " L-infinity"));
        const torch::Tensor expected = plain::hopskipjump(bench.logits(), bench.image(i), aim_of(goal.slice(i, i + 1)),
                                                          {4, 30, l2}, draws(bench, i, "hopskipjump"));
        CHECK(farthest(found.images[i], expected[0]) < 1e-6);
      }
    }
  }
}

}  // namespace
}  // namespace deepmine
