// What single attacks do on a small trained network.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/attacks/small_attacks.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

TEST_CASE("success grows with epsilon and steps, and BIM beats FGSM of the same epsilon") {
  const Images clean = images(64);
  const Goal goal = next_class(clean.labels);
  const auto rate = [&](const std::string& spec) {
    return attack(spec, clean.pixels, goal).success_rate();
  };
  const std::string step = ",step=0.02";
  CHECK(rate("bim:epsilon=0.2,steps=10" + step) >= rate("bim:epsilon=0.06,steps=10" + step));
  CHECK(rate("bim:epsilon=0.2,steps=10" + step) >= rate("bim:epsilon=0.2,steps=3" + step));
  CHECK(rate("bim:epsilon=0.2,steps=20" + step) >= rate("fgsm:epsilon=0.2"));
  CHECK(rate("bim:epsilon=0.4,steps=30" + step) > 0.9);
}

TEST_CASE("Carlini-Wagner goes no farther than DeepFool times 1.2, and DeepFool not as far as FGSM") {
  const Images clean = images(64);
  const Goal goal = Goal::away_from(clean.labels);
  const AttackResult cw = attack("cw:searches=7,steps=100", clean.pixels, goal),
                     deepfool = attack("deepfool", clean.pixels, goal);
  const AttackResult fgsm = attack("fgsm-minimal", clean.pixels, goal);
  CHECK(cw.success_rate() == 1);
  CHECK(deepfool.success_rate() == 1);
  const torch::Tensor all = rows_where(fgsm.success);
  REQUIRE(all.size(0) > 32);
  const auto mean_l2 = [&](const AttackResult& result) { return result.l2.index_select(0, all).mean().item<double>(); };
  CHECK(mean_l2(cw) <= 1.2 * mean_l2(deepfool));
  CHECK(mean_l2(deepfool) <= mean_l2(fgsm));
}

TEST_CASE("attacks make the same images however many batches they work on at once") {
  const Images clean = images(330);  // four batches
  const Goal goal = Goal::away_from(clean.labels);
  for (const std::string spec : {"bim:epsilon=0.1,steps=4", "pgd:epsilon=0.1,steps=3", "bim-b:epsilon=0.1,steps=4",
                                 "square:queries=5", "cw:searches=1,steps=3"}) {
    INFO(spec);
    NoProgress silent;
    const auto at_once = [&](int threads) {
      return (*made(spec))(small_classifier(), clean.pixels, goal, silent, nullptr, threads);
    };
    const AttackResult one = at_once(1);
    for (const int threads : {2, 4}) {
      const AttackResult several = at_once(threads);
      CHECK(torch::equal(one.images, several.images));
      CHECK(torch::equal(one.predicted, several.predicted));
      CHECK(torch::equal(one.queries, several.queries));
      CHECK(one.first.defined() == several.first.defined());
    }
  }
}

TEST_CASE("attacks on a program make the same images however many batches they work on at once") {
  const Images clean = images(330);  // four batches
  const auto at_once = [&](int threads) {
    const std::unique_ptr<Classifier> program = script_classifier();
    CHECK(program->passes_at_once(threads) == threads);
    NoProgress silent;
    return (*made("bim:epsilon=0.1,steps=4"))(*program, clean.pixels, Goal::away_from(clean.labels), silent, nullptr,
                                              threads)
        .images;
  };
  const torch::Tensor one = at_once(1);
  CHECK(!torch::equal(one, clean.pixels));
  CHECK(torch::equal(at_once(4), one));
}

TEST_CASE("Carlini-Wagner leaves the margin of logits it was asked for") {
  const Images clean = images(16);
  const Goal goal = next_class(clean.labels);
  const AttackResult result = attack("cw:confidence=2,searches=5,steps=200", clean.pixels, goal);
  CHECK(result.success_rate() == 1);
  const torch::Tensor margin = goal.margin(small_classifier().logits(result.images));
  CHECK(margin.min().item<double>() >= 2 - 1e-3);
  CHECK(margin.mean().item<double>() < 2.5);
}

TEST_CASE("BIM-b yields the images of BIM-a as well, and is BIM") {
  const Images clean = images(32);
  const std::string options = ":epsilon=0.2,step=0.02,steps=20";
  for (const Goal& goal : {next_class(clean.labels), Goal::away_from(clean.labels)}) {
    const AttackResult last = attack("bim-b" + options, clean.pixels, goal),
                       first = attack("bim-a" + options, clean.pixels, goal);
    CHECK((last.first - first.images).abs().max().item<double>() < 1e-5);
    CHECK(torch::equal(last.images, attack("bim" + options, clean.pixels, goal).images));
    CHECK(first.success_rate() >= last.success_rate());
    CHECK(first.linf.mean().item<double>() < last.linf.mean().item<double>());
    CHECK(first.gradients.sum().item<double>() < last.gradients.sum().item<double>());
    CHECK_FALSE(first.first.defined());
  }
}

TEST_CASE("random starts differ from image to image and from seed to seed, and lie within epsilon") {
  const Images clean = images(16);
  const Goal goal = Goal::away_from(clean.labels);
  for (const std::string norm : {"linf", "l2"}) {
    const auto start = [&](int seed) {
      return attack(fmt::format("pgd:norm={},epsilon=0.1,step=0,steps=1,clip=none,seed={}", norm, seed), clean.pixels,
                    goal);
    };
    const AttackResult one = start(1), two = start(2);
    const torch::Tensor change = (one.images - clean.pixels).flatten(1);
    CHECK_FALSE(torch::allclose(change[0], change[1]));
    CHECK_FALSE(torch::allclose(one.images, two.images));
    const torch::Tensor& size = norm == "l2" ? one.l2 : one.linf;
    CHECK(size.max().item<double>() <= 0.1 + 1e-6);
    CHECK(size.min().item<double>() > 0.08);  // of 64 values the largest, or the volume, is near the edge
    if (norm == "linf") CHECK(std::abs(change.mean().item<double>()) < 0.006);
  }
}

TEST_CASE("noise has the size asked for and needs no gradient") {
  const Images clean = images(100);
  const Goal goal = Goal::away_from(clean.labels);
  const auto change = [&](const std::string& spec) { return attack(spec, clean.pixels, goal).images - clean.pixels; };
  CHECK(change("noise:size=0.1,clip=none").std().item<double>() == Approx(0.1).epsilon(0.02));
  CHECK(change("noise:kind=uniform,size=0.1,clip=none").std().item<double>() ==
        Approx(0.1 / std::sqrt(3)).epsilon(0.02));
}

TEST_CASE("one BIM step of epsilon is FGSM, and PGD without a random start is BIM") {
  const Images clean = images(8);
  const Goal goal = Goal::away_from(clean.labels);
  CHECK(torch::equal(attack("bim:epsilon=0.05,step=0.05,steps=1", clean.pixels, goal).images,
                     attack("fgsm:epsilon=0.05", clean.pixels, goal).images));
  CHECK(torch::equal(attack("pgd:epsilon=0.05,step=0.01,steps=9,start=false", clean.pixels, goal).images,
                     attack("bim:epsilon=0.05,step=0.01,steps=9", clean.pixels, goal).images));
}

}  // namespace
}  // namespace deepmine
