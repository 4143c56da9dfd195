#include "framework/attack/goal.h"

#include <catch2/catch.hpp>

namespace deepmine {
namespace {

const torch::Tensor kLabels = torch::tensor({0, 1, 2, 2}, torch::kInt64);

TEST_CASE("the next class follows each label, the first after the last") {
  CHECK(torch::equal(Goal::towards_next(kLabels, 3).classes, torch::tensor({1, 2, 0, 0}, torch::kInt64)));
}

TEST_CASE("random targets are wrong, even, and the same for a seed") {
  const torch::Tensor labels = torch::full({3000}, 1, torch::kInt64);
  const torch::Tensor targets = Goal::towards_random(labels, 4, 7).classes;
  CHECK_FALSE((targets == 1).any().item<bool>());
  for (int other : {0, 2, 3}) CHECK(std::abs((targets == other).sum().item<double>() - 1000) < 100);
  CHECK(torch::equal(targets, Goal::towards_random(labels, 4, 7).classes));
  CHECK_FALSE(torch::equal(targets, Goal::towards_random(labels, 4, 8).classes));
  CHECK(torch::equal(targets.slice(0, 0, 10), Goal::towards_random(labels.slice(0, 0, 10), 4, 7).classes));
}

TEST_CASE("margins are positive where a goal is met") {
  const torch::Tensor logits = torch::tensor({1.0F, 4.0F, 2.0F, 7.0F, 5.0F, 6.0F}).view({2, 3});
  const torch::Tensor classes = torch::tensor({1, 2}, torch::kInt64);
  CHECK(torch::equal(Goal::towards(classes).margin(logits), torch::tensor({2.0F, -1.0F})));
  CHECK(torch::equal(Goal::away_from(classes).margin(logits), torch::tensor({-2.0F, 1.0F})));
  CHECK(torch::equal(Goal::towards(classes).wanted(logits), classes));
  CHECK(torch::equal(Goal::away_from(classes).wanted(logits), torch::tensor({2, 0}, torch::kInt64)));
  for (const Goal& goal : {Goal::towards(classes), Goal::away_from(classes)}) {
    CHECK(torch::equal(goal.met_by(logits.argmax(1)), goal.margin(logits) > 0));
  }
}

}  // namespace
}  // namespace deepmine
