#include "framework/learn/transductive_scores.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "framework/core/error.h"

namespace deepmine {
namespace {

TEST_CASE("scores are normalised by the range of their class, of in-distribution and anomalous inputs together") {
  const MixedScores found = transductive_scores({{0, 2, 10}, {0, 0, 1}}, {{8, 30, 20}, {0, 1, 1}});
  CHECK(found.in_distribution == std::vector<double>{0, 0.25, 0});
  CHECK(found.anomalous == std::vector<double>{1, 1, 0.5});
}

TEST_CASE("normalising scores before, class by class, changes no transductive score") {
  const ClassedScores in{{0.5, 2, 10, 11}, {0, 0, 1, 1}}, out{{8, 30, 20}, {0, 1, 1}};
  const auto normalised = [](ClassedScores scores) {
    for (std::size_t i = 0; i < scores.scores.size(); ++i)
      scores.scores[i] = scores.classes[i] == 0 ? 3 * scores.scores[i] - 2 : scores.scores[i] / 7 + 1;
    return scores;
  };
  const MixedScores before = transductive_scores(in, out), after = transductive_scores(normalised(in), normalised(out));
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(after.in_distribution[i] == Approx(before.in_distribution[i]).margin(1e-12));
  for (std::size_t i = 0; i < 3; ++i) CHECK(after.anomalous[i] == Approx(before.anomalous[i]).margin(1e-12));
}

TEST_CASE("one anomalous input of a class, equal scores and none at all have transductive scores") {
  const MixedScores found = transductive_scores({{4, 4}, {0, 0}}, {{4, 9}, {0, 3}});
  CHECK(found.in_distribution == std::vector<double>{1, 1});
  CHECK(found.anomalous == std::vector<double>{1, 1});
  CHECK(transductive_scores({}, {}).anomalous.empty());
}

TEST_CASE("transductive scores refuse what is no number and classes that are not one each") {
  CHECK_THROWS_AS(transductive_scores({{1}, {0}}, {{std::nan("")}, {0}}), Error);
  CHECK_THROWS_AS(transductive_scores({{1, 2}, {0}}, {{1}, {0}}), Error);
}

}  // namespace
}  // namespace deepmine
