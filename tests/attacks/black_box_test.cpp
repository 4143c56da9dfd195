// What attacks without gradients do, and where they stop.
#include <catch2/catch.hpp>
#include <ATen/Parallel.h>

#include "tests/attacks/small_attacks.h"
#include "tests/support/script_network.h"

namespace deepmine {
namespace {

/// Class 1 where the first row is brighter than the second by a quarter in the mean, one-hot and without gradient.
std::unique_ptr<Classifier> decided() {
  return scripted(
      "    z = x[:, 0, 0].mean(1) - x[:, 0, 1].mean(1) > 0.25\n"
      "    return torch.one_hot(z.long(), 2)\n");
}

AttackResult attack_at_length(const std::string& spec, const torch::Tensor& images, const Goal& goal,
                              Classifier& classifier) {
  NoProgress silent;
  return (*made(spec))(classifier, images, goal, silent);
}

TEST_CASE("the Square Attack breaks nearly all that PGD breaks within the same budget, in both norms") {
  const Images clean = images(64);
  for (const std::string budget : {"norm=linf,epsilon=0.15", "norm=l2,epsilon=1.2"}) {
    for (const Goal& goal : {Goal::away_from(clean.labels), next_class(clean.labels)}) {
      INFO(budget << (goal.targeted ? " targeted" : ""));
      const AttackResult pgd = attack("pgd:step=0.05,steps=30," + budget, clean.pixels, goal);
      const AttackResult square =
          attack_at_length("square:queries=600," + budget, clean.pixels, goal, small_classifier());
      CHECK(pgd.success_rate() > 0.3);
      CHECK(square.success_rate() > 0.85 * pgd.success_rate());
      CHECK((square.gradients == 0).all().item<bool>());
    }
  }
}

TEST_CASE("HopSkipJump breaks every image, at little more than the distance of Carlini-Wagner") {
  const Images clean = images(10);
  for (const Goal& goal : {Goal::away_from(clean.labels), next_class(clean.labels)}) {
    const AttackResult cw = attack("cw:searches=5,steps=100", clean.pixels, goal);
    const AttackResult found =
        attack_at_length("hopskipjump:steps=15,evaluations=60", clean.pixels, goal, small_classifier());
    CHECK(found.success_rate() == 1);
    CHECK(found.l2.mean().item<double>() < 1.4 * cw.l2.mean().item<double>());
    const AttackResult box =
        attack_at_length("hopskipjump:steps=15,evaluations=60,norm=linf", clean.pixels, goal, small_classifier());
    CHECK(box.success_rate() == 1);
    CHECK(box.linf.mean().item<double>() < 0.8 * found.linf.mean().item<double>());
    CHECK((box.gradients == 0).all().item<bool>());
  }
}

TEST_CASE("HopSkipJump comes close to the boundary of a model that only decides") {
  const auto model = decided();
  const torch::Tensor grey = torch::full({6, 1, 4, 4}, 0.5);
  const Goal goal = Goal::away_from(torch::zeros({6}, torch::kInt64));
  // A quarter more in the difference of two means of four: up by an eighth, down by an eighth.
  const AttackResult found = attack_at_length("hopskipjump:steps=12", grey, goal, *model);
  CHECK(found.success_rate() == 1);
  CHECK(found.l2.min().item<double>() >= std::sqrt(8.0) / 8 - 1e-5);
  CHECK(found.l2.max().item<double>() < 1.05 * std::sqrt(8.0) / 8);
  const AttackResult box = attack_at_length("hopskipjump:steps=12,norm=linf", grey, goal, *model);
  CHECK(box.linf.min().item<double>() >= 0.125 - 1e-5);
  CHECK(box.linf.max().item<double>() < 1.1 * 0.125);
}

TEST_CASE("the Square Attack works on rounded logits, whose gradient is 0") {
  const auto rounded = scripted(
      "    z = x[:, 0, 0].mean(1) - x[:, 0, 1].mean(1)\n"
      "    return torch.round(torch.stack([1.0 - z, z * 4.0], 1) * 8.0) / 8.0\n");
  const torch::Tensor grey = torch::full({6, 1, 4, 4}, 0.5);
  const Goal goal = Goal::away_from(torch::zeros({6}, torch::kInt64));
  CHECK(attack("pgd:epsilon=0.2,start=false", grey, goal, *rounded).success_rate() == 0);
  CHECK(attack("square:epsilon=0.2", grey, goal, *rounded).success_rate() == 1);
  CHECK(attack("hopskipjump", grey, goal, *rounded).success_rate() == 1);
}

TEST_CASE("queries keep to their bound, and an image that meets the goal asks for no more") {
  const Images clean = images(24);
  const Goal goal = next_class(clean.labels);
  for (const std::string norm : {"linf,epsilon=0.2", "l2,epsilon=1.5"}) {
    const AttackResult found = attack("square:queries=50,norm=" + norm, clean.pixels, goal);
    CHECK(found.queries.max().item<std::int64_t>() == 50);
    CHECK(((found.queries == 50) | found.success).all().item<bool>());
    CHECK(found.queries.min().item<std::int64_t>() < 50);
  }
  CHECK(attack("square:queries=1", clean.pixels, goal).l0.max().item<double>() == 0);
  // Noise, its blending, five bisections to 1/512, and 20 evaluations times the root of 1 to 4.
  const AttackResult found = attack("hopskipjump:steps=4,evaluations=20", clean.pixels, goal);
  CHECK(found.success_rate() == 1);
  CHECK(found.queries.max().item<std::int64_t>() <= 1 + 100 + 10 + 5 * 9 + 20 + 28 + 34 + 40 + 4 * 30 + 1);
  const torch::Tensor moved = rows_where(found.l2 > 0);
  CHECK(moved.size(0) > 16);
  CHECK(found.queries.index_select(0, moved).min().item<std::int64_t>() > 20 + 28 + 34 + 40);
}

TEST_CASE("an image that meets the goal as it is costs attacks without gradients one query, and no distance") {
  const Images clean = images(12);
  const torch::Tensor predicted = predict(small_classifier(), clean.pixels);
  for (const std::string spec : {"square", "square:norm=l2,epsilon=1", "hopskipjump", "hopskipjump:norm=linf"}) {
    for (const Goal& goal : {Goal::away_from((predicted + 1).remainder(4)), Goal::towards(predicted)}) {
      INFO(spec);
      const AttackResult found = attack(spec, clean.pixels, goal);
      CHECK(found.success_rate() == 1);
      CHECK((found.queries == 1).all().item<bool>());
      CHECK(torch::equal(found.images, clean.pixels));
    }
  }
}

TEST_CASE("an epsilon of 0 leaves images as they are") {
  const Images clean = images(6);
  for (const std::string norm : {"linf", "l2"}) {
    CHECK(torch::equal(attack("square:epsilon=0,norm=" + norm, clean.pixels, next_class(clean.labels)).images,
                       clean.pixels));
  }
}

TEST_CASE("a start that no noise gives leaves an image as it was, after as many tries as allowed") {
  const auto picky = scripted(
      "    z = (x - 0.5).abs().flatten(1).amax(1) * 1000.0 - 1.0\n"
      "    return torch.stack([z, -z], 1)\n");
  const torch::Tensor bright = torch::full({3, 1, 4, 4}, 0.9);
  const AttackResult found = attack("hopskipjump:starts=20", bright, Goal::towards(1, 3), *picky);
  CHECK(found.success_rate() == 0);
  CHECK(torch::equal(found.images, bright));
  CHECK((found.queries == 21).all().item<bool>());
}

TEST_CASE("attacks without gradients draw by seed and image, whatever the threads") {
  const Images clean = images(6);
  const std::unique_ptr<Classifier> exact = script_classifier(true);
  const Goal goal = Goal::away_from(predict(*exact, clean.pixels));
  const int threads = at::get_num_threads();
  for (const std::string spec :
       {"square:epsilon=0.1,queries=60", "square:norm=l2,epsilon=0.3,queries=60", "hopskipjump:steps=4"}) {
    INFO(spec);
    at::set_num_threads(1);
    const AttackResult one = attack(spec, clean.pixels, goal, *exact);
    at::set_num_threads(threads > 1 ? threads : 2);
    CHECK(torch::equal(one.images, attack(spec, clean.pixels, goal, *exact).images));
    CHECK_FALSE(torch::equal(one.images, attack(spec + ",seed=1", clean.pixels, goal, *exact).images));
    const torch::Tensor twice = torch::cat({clean.pixels, clean.pixels});
    const Goal both = Goal::away_from(torch::cat({goal.classes, goal.classes}));
    const AttackResult pairs = attack(spec, twice, both, *exact);
    CHECK((pairs.images.slice(0, 0, 6) - pairs.images.slice(0, 6, 12)).abs().max().item<double>() < 1e-6);
  }
  at::set_num_threads(threads);
}

}  // namespace
}  // namespace deepmine
