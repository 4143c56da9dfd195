#include "framework/attack/attack_report.h"

#include <catch2/catch.hpp>

namespace deepmine {
namespace {

torch::Tensor whole(std::vector<std::int64_t> numbers) { return torch::tensor(numbers, torch::kInt64); }

/// Five images and what an attack made of them.
AttackReport report(const Goal& goal, std::vector<std::int64_t> labels, std::vector<std::int64_t> before,
                    std::vector<std::int64_t> after, bool labels_given = true) {
  AttackResult result;
  result.images = torch::zeros({5, 1, 1, 2});
  result.predicted = whole(after);
  result.success = goal.met_by(result.predicted);
  result.l0 = torch::ones({5});
  result.l2 = torch::tensor({0.1F, 0.2F, 0.3F, 0.4F, 0.5F});
  result.linf = result.l2;
  result.gradients = torch::full({5}, 7, torch::kInt64);
  return {result, goal, {whole(labels), labels_given, whole(before)}};
}

const std::vector<std::int64_t> kLabels{0, 1, 2, 0, 1}, kBefore{0, 1, 2, 1, 0};

TEST_CASE("images that were wrong before the attack are no success of it") {
  const AttackReport found = report(Goal::away_from(whole(kLabels)), kLabels, kBefore, {1, 1, 2, 1, 1});
  CHECK(found.n_right_before() == 3);
  CHECK(*found.clean_accuracy() == 0.6);
  CHECK(*found.robust_accuracy() == 0.4);  // the last is right now, but was wrong before
  CHECK(found.n_successes() == 2);
  CHECK(found.n_candidates() == 3);
  CHECK(found.n_fooled() == 1);
  CHECK(*found.success_rate_of_candidates() == Approx(1.0 / 3));
  CHECK(*found.mean_of_successes(found.result().l2) == Approx(0.25));
  CHECK(*found.mean_of_fooled(found.result().l2) == Approx(0.1));
  CHECK_FALSE(found.n_target_before());
}

TEST_CASE("of targets, images that were taken for theirs before are told and count as no success") {
  const AttackReport found = report(Goal::towards(1, 5), kLabels, kBefore, {1, 1, 2, 1, 1});
  CHECK(*found.n_target_before() == 2);
  CHECK(found.n_candidates() == 2);  // images 0 and 2
  CHECK(*found.success_rate_of_candidates() == 0.5);
  CHECK(*found.robust_accuracy() == 0.4);
}

TEST_CASE("the model's own labels tell no accuracy") {
  const AttackReport found = report(Goal::away_from(whole(kBefore)), kBefore, kBefore, kBefore, false);
  CHECK_FALSE(found.clean_accuracy());
  CHECK_FALSE(found.robust_accuracy());
  CHECK(*found.success_rate_of_candidates() == 0);
  CHECK_FALSE(found.mean_of_successes(found.result().l2));
}

TEST_CASE("a model that is right about no image has no rate of those that it was right about") {
  const AttackReport found = report(Goal::away_from(whole(kLabels)), kLabels, {2, 2, 0, 1, 2}, {2, 2, 0, 1, 2});
  CHECK(*found.clean_accuracy() == 0);
  CHECK_FALSE(found.success_rate_of_candidates());
}

TEST_CASE("rows tell each image's classes, success and distances") {
  Npz rows = report(Goal::towards(1, 5), kLabels, kBefore, {1, 1, 2, 1, 1}).rows();
  REQUIRE(rows.arrays.size() == 9);
  const auto whole_numbers = [&](const char* name) {
    return std::get<std::vector<std::int64_t>>(rows.arrays.at(name).values);
  };
  CHECK(whole_numbers("label") == kLabels);
  CHECK(whole_numbers("target") == std::vector<std::int64_t>(5, 1));
  CHECK(whole_numbers("predicted_clean") == kBefore);
  CHECK(whole_numbers("predicted") == std::vector<std::int64_t>{1, 1, 2, 1, 1});
  CHECK(whole_numbers("gradients") == std::vector<std::int64_t>(5, 7));
  CHECK(std::get<std::vector<std::uint8_t>>(rows.arrays.at("success").values) ==
        std::vector<std::uint8_t>{1, 1, 0, 1, 1});
  CHECK(std::get<std::vector<float>>(rows.arrays.at("l2").values)[1] == 0.2F);
  rows = report(Goal::away_from(whole(kLabels)), kLabels, kBefore, kBefore).rows();
  CHECK(whole_numbers("target") == std::vector<std::int64_t>(5, -1));
}

}  // namespace
}  // namespace deepmine
