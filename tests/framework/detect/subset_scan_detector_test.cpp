#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/group_detector.h"
#include "framework/learn/roc.h"
#include "framework/scan/p_values.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

Matrix<float> noise(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  RandomStream random{Seed(seed)};
  Matrix<float> result(rows, cols);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result.data()[i] = static_cast<float>(random.uniform());
  }
  return result;
}

/// Two classes of inputs in turn.
std::vector<std::int64_t> alternating(std::size_t inputs) {
  std::vector<std::int64_t> classes;
  for (std::size_t i = 0; i < inputs; ++i) classes.push_back(static_cast<std::int64_t>(i % 2));
  return classes;
}

/// Values of a layer of channels of ten nodes, or of one without.
Inputs inputs_of(const Matrix<float>& rows, const std::vector<std::int64_t>& classes, bool channels = true) {
  const auto count = static_cast<std::int64_t>(rows.rows()), nodes = static_cast<std::int64_t>(rows.cols());
  const torch::Tensor values =
      torch::from_blob(const_cast<float*>(rows.data()), {count, nodes}, torch::kFloat32).clone();
  Inputs inputs(values, channels ? std::vector<std::int64_t>{nodes / 10, 2, 5} : std::vector<std::int64_t>{nodes});
  inputs.predict(torch::tensor(classes, torch::kInt64));
  return inputs;
}

Inputs inputs_of(const Matrix<float>& rows, bool channels = true) {
  return inputs_of(rows, alternating(rows.rows()), channels);
}

std::unique_ptr<ScoringPool> pool_of(const Matrix<float>& evaluation, const char* spec = "subset-scan") {
  const auto detector = make_group_detector(Spec::parse(spec));
  detector->fit({inputs_of(noise(300, evaluation.cols(), 1))}, Seed(1), 1);
  return detector->admit(inputs_of(evaluation), 1);
}

std::vector<std::size_t> range(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> result;
  for (std::size_t i = begin; i < end; ++i) result.push_back(i);
  return result;
}

/// Scores of `count` groups of 40 rows each, from row `begin` on; no input is in two groups.
std::vector<double> scores(const ScoringPool& pool, std::size_t begin, std::size_t count) {
  std::vector<double> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(pool.score(range(begin + 40 * i, begin + 40 * (i + 1)), Seed(i)).score);
  }
  return result;
}

TEST_CASE("clean groups are not told from clean groups") {
  constexpr std::size_t kGroups = 60;
  const auto pool = pool_of(noise(2 * kGroups * 40, 50, 2));
  // The deviation of an AUROC of 60 + 60 independent scores under the null is 0.053.
  const double power = auroc(scores(*pool, 0, kGroups), scores(*pool, kGroups * 40, kGroups));
  CHECK(power == Approx(0.5).margin(0.16));
}

TEST_CASE("a detector refuses a background that is too small for its levels, and doubts classes that are") {
  const auto detector = [](const char* spec) { return make_group_detector(Spec::parse(spec)); };
  CHECK_NOTHROW(detector("subset-scan")->check(1, {}));
  CHECK_NOTHROW(detector("subset-scan:preset=two-sided")->check(39, {}));
  CHECK_THAT(error_text([&] { detector("subset-scan:preset=two-sided")->check(38, {}); }),
             Catch::Contains("give at least 39"));
  CHECK_THAT(error_text([&] { detector("subset-scan:alphas=fixed:0.01")->check(98, {}); }),
             Catch::Contains("give at least 99"));
  const auto conditional = detector("subset-scan:preset=two-sided");
  std::vector<std::int64_t> classes = alternating(300);
  const Matrix<float> background = noise(300, 10, 1);
  conditional->fit({inputs_of(background, classes)}, Seed(1), 1);
  CHECK(conditional->doubts().empty());
  std::replace(classes.begin(), classes.begin() + 20, 0, 5);
  conditional->fit({inputs_of(background, classes)}, Seed(1), 1);
  REQUIRE(conditional->doubts().size() == 1);
  CHECK_THAT(conditional->doubts()[0], Catch::Contains("5 (10)"));
}

TEST_CASE("presets are the paper's setting, which is the default, and the two-sided one") {
  const auto canonical = [](const char* spec) { return Registry<Detector>::instance().canonical(Spec::parse(spec)); };
  CHECK(canonical("subset-scan:preset=paper") == canonical("subset-scan"));
  CHECK(canonical("subset-scan:preset=two-sided") ==
        canonical("subset-scan:tails=both,conditional=true,alpha-max=0.05"));
  CHECK(canonical("subset-scan:preset=two-sided,alpha-max=0.1") ==
        canonical("subset-scan:tails=both,conditional=true,alpha-max=0.1"));
}

TEST_CASE("groups with shifted inputs score higher, and the shifted inputs are the ones returned") {
  Matrix<float> evaluation = noise(400, 50, 3);
  for (std::size_t i = 300; i < 400; ++i) {
    for (std::size_t j = 0; j < 25; ++j) evaluation(i, j) = 0.9F + 0.1F * evaluation(i, j);
  }
  const auto pool = pool_of(evaluation);
  std::vector<std::size_t> rows = range(0, 36);
  for (std::size_t i = 300; i < 304; ++i) rows.push_back(i);
  const GroupScore found = pool->score(rows, Seed(1));
  CHECK(found.score > 1.2 * pool->score(range(0, 40), Seed(1)).score);
  CHECK(found.anomalous == std::vector<std::uint32_t>{36, 37, 38, 39});
  CHECK(pool->score_alone(301).score > pool->score_alone(1).score);
}

TEST_CASE("single inputs are scanned exactly, whatever the grid of the groups") {
  const Matrix<float> evaluation = noise(70, 50, 6);
  const auto coarse = pool_of(evaluation, "subset-scan:alphas=linear:5");
  const auto exact = pool_of(evaluation, "subset-scan:alphas=exact,start=all-nodes");
  for (std::size_t i = 0; i < 70; ++i) {
    CHECK(coarse->score_alone(i).score == exact->score_alone(i).score);
    CHECK(coarse->score_alone(i).score == Approx(exact->score({i}, Seed(1)).score).epsilon(1e-12));
  }
}

TEST_CASE("a fixed alpha is that of groups and of single inputs") {
  const auto pool = pool_of(noise(60, 50, 7), "subset-scan:alphas=fixed:0.1");
  CHECK(pool->score(range(0, 40), Seed(1)).alpha == 0.1);
  for (std::size_t i = 0; i < 60; ++i) CHECK(pool->score_alone(i).alpha.value_or(0.1) == 0.1);
}

TEST_CASE("both tails find inputs that are lower than the background, one tail does not") {
  Matrix<float> evaluation = noise(60, 50, 8);
  for (std::size_t i = 50; i < 60; ++i) {
    for (std::size_t j = 0; j < 50; ++j) evaluation(i, j) *= 0.05F;
  }
  const auto both = pool_of(evaluation, "subset-scan:tails=both"), upper = pool_of(evaluation);
  CHECK(both->score_alone(55).score > 3 * both->score_alone(5).score);
  CHECK(upper->score_alone(55).score < upper->score_alone(5).score);
}

TEST_CASE("conditional p-values make what is usual for a class usual") {
  const auto shifted = [](Matrix<float> matrix) {  // inputs of class 1 are higher by one
    for (std::size_t i = 1; i < matrix.rows(); i += 2) {
      for (std::size_t j = 0; j < matrix.cols(); ++j) matrix(i, j) += 1;
    }
    return matrix;
  };
  const Matrix<float> background = shifted(noise(300, 50, 1)), evaluation = shifted(noise(60, 50, 9));
  const auto score = [&](const char* spec, std::size_t row) {
    const auto detector = make_group_detector(Spec::parse(spec));
    detector->fit({inputs_of(background)}, Seed(1), 1);
    return detector->admit(inputs_of(evaluation), 1)->score_alone(row).score;
  };
  CHECK(score("subset-scan", 11) > 2 * score("subset-scan", 10));
  CHECK(score("subset-scan:conditional=true", 11) < 1.5 * score("subset-scan:conditional=true", 10));
}

TEST_CASE("with one class only inputs of one class are returned") {
  Matrix<float> evaluation = noise(60, 50, 10);
  for (std::size_t i = 40; i < 60; ++i) {
    for (std::size_t j = 0; j < 20; ++j) evaluation(i, j) += 1;
  }
  const auto pool = pool_of(evaluation, "subset-scan:one-class=true");
  const GroupScore found = pool->score(range(20, 60), Seed(1));
  REQUIRE(found.anomalous.size() >= 10);
  for (const std::uint32_t position : found.anomalous) CHECK(position % 2 == found.anomalous[0] % 2);
}

TEST_CASE("channels are taken whole or left out") {
  Matrix<float> evaluation = noise(60, 50, 11);
  for (std::size_t i = 50; i < 60; ++i) {
    for (std::size_t j = 20; j < 30; ++j) evaluation(i, j) += 1;
  }
  const auto by_name = pool_of(evaluation, "subset-scan:group=channel");
  const auto by_size = pool_of(evaluation, "subset-scan:group=10");
  const GroupScore found = by_name->score(range(20, 60), Seed(1));
  CHECK(found.n_nodes == 10);
  CHECK(found.score == by_size->score(range(20, 60), Seed(1)).score);
  const auto detector = make_group_detector(Spec::parse("subset-scan:group=channel"));
  detector->fit({inputs_of(evaluation)}, Seed(1), 1);
  const auto refusal = [&](const auto& work) {
    return error_text(work).find("layer of channels") != std::string::npos;
  };
  CHECK(refusal([&] { detector->admit(inputs_of(evaluation, false), 1); }));
  CHECK(refusal([&] { detector->fit({inputs_of(evaluation, false)}, Seed(1), 1); }));
  const auto sized = make_group_detector(Spec::parse("subset-scan:group=10"));
  CHECK_NOTHROW(sized->check(60, {{30, 20}}));
  CHECK_THROWS_AS(sized->check(60, {{25, 25}}), Error);
  for (const char* wrong : {"subset-scan:group=0", "subset-scan:group=filter"}) {
    CHECK_THROWS_AS(make_group_detector(Spec::parse(wrong)), Error);
  }
}

TEST_CASE("the ranks of the first inputs are those against the whole background, whatever is scanned") {
  const Matrix<float> background = noise(300, 50, 1), evaluation = noise(60, 50, 12);
  const SortedBackground<float> sorted(background.view());
  const auto expected = sorted.numerators({evaluation.data(), 20, 50});
  for (const char* spec : {"subset-scan", "subset-scan:tails=both", "subset-scan:conditional=true,tails=both"}) {
    INFO(spec);
    const auto detector = make_group_detector(Spec::parse(spec));
    detector->fit({inputs_of(background)}, Seed(1), 2);
    NodeRanks ranks;
    ranks.inputs = 20;
    detector->admit(inputs_of(evaluation), 2, &ranks);
    CHECK(ranks.denominator == 301);
    REQUIRE(ranks.numerators.size() == expected.size());
    CHECK(std::equal(expected.data(), expected.data() + expected.size(), ranks.numerators.data()));
    CHECK(ranks.rows(5, 3)(2, 7) == expected(7, 7));
  }
}

TEST_CASE("the order of a group's inputs only reorders what is returned") {
  const auto pool = pool_of(noise(60, 30, 4), "subset-scan:start=all-nodes,alphas=exact");
  std::vector<std::size_t> rows = range(0, 60), reversed(rows.rbegin(), rows.rend());
  const GroupScore forward = pool->score(rows, Seed(1)), backward = pool->score(reversed, Seed(1));
  CHECK(forward.score == Approx(backward.score).epsilon(1e-12));
  std::vector<std::uint32_t> turned;
  for (std::uint32_t i : backward.anomalous) turned.insert(turned.begin(), 59 - i);
  CHECK(turned == forward.anomalous);
}

TEST_CASE("every detector writes out its options and refuses unknown ones") {
  auto& registry = Registry<Detector>::instance();
  for (const std::string& name : registry.names()) {
    const std::string canonical = registry.canonical(Spec::parse(name));
    CHECK(registry.canonical(Spec::parse(canonical)) == canonical);
    CHECK(error_text([&] { registry.make(Spec::parse(name + ":zzz=1")); }).find("unknown key \"zzz\"") !=
          std::string::npos);
  }
  CHECK(error_text([&] { registry.make(Spec::parse("subset-scan:statistic=best")); })
            .find("berk-jones") != std::string::npos);
  CHECK(error_text([&] { registry.make(Spec::parse("subset-scan:alphas=linear:0")); }).find("linear") !=
        std::string::npos);
}

}  // namespace
}  // namespace deepmine
