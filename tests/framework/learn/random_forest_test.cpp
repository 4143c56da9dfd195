#include "framework/learn/random_forest.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "framework/core/error.h"
#include "framework/learn/roc.h"
#include "tests/framework/learn/golden.h"
#include "tests/framework/learn/random_rows.h"
#include "tests/support/error_text.h"

using namespace deepmine;

namespace {

using Flags = std::vector<std::uint8_t>;
using Rows = std::vector<std::size_t>;

/// One where the first two features have one sign, with some mistakes.
Flags exclusive_or(const Matrix<double>& rows, double mistakes = 0) {
  RandomStream random(Seed(99));
  Flags positive(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    positive[i] = ((rows(i, 0) > 0) == (rows(i, 1) > 0)) != (random.uniform() < mistakes) ? 1 : 0;
  }
  return positive;
}

ForestOptions trees(std::size_t count) {
  ForestOptions options;
  options.trees = count;
  return options;
}

double gini(const Rows& which, const Flags& positive) {
  double ones = 0;
  for (const std::size_t i : which) ones += positive[i];
  const auto n = static_cast<double>(which.size());
  return n - (ones * ones + (n - ones) * (n - ones)) / n;
}

/// The share of positive rows in the leaf of `query`, every split tried anew on every node.
double plain_tree(const Matrix<double>& rows, const Flags& positive, const Rows& here, const double* query) {
  double best = 1e300, share = 0;
  Rows side;
  for (std::size_t j = 0; j < rows.cols(); ++j) {
    for (const std::size_t at : here) {
      Rows left, right;
      double next = 1e300;
      for (const std::size_t i : here) {
        (rows(i, j) <= rows(at, j) ? left : right).push_back(i);
        if (rows(i, j) > rows(at, j)) next = std::min(next, rows(i, j));
      }
      if (right.empty() || gini(left, positive) + gini(right, positive) >= best - 1e-9) continue;
      best = gini(left, positive) + gini(right, positive);
      side = query[j] <= (rows(at, j) + next) / 2 ? left : right;
    }
  }
  for (const std::size_t i : here) share += positive[i];
  if (side.empty() || gini(here, positive) == 0) return share / static_cast<double>(here.size());
  return plain_tree(rows, positive, side, query);
}

bool equal_bytes(const RandomForest& a, const RandomForest& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
  };
  return same(a.roots, b.roots) && same(a.nodes, b.nodes) && same(a.out_of_bag, b.out_of_bag);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("a single tree of all rows and features is the one grown by trying every split") {
  const Matrix<double> rows = normal_rows(70, 3, Seed(1)), queries = normal_rows(40, 3, Seed(2));
  RandomStream random(Seed(3));
  Flags positive(70);
  for (std::uint8_t& flag : positive) flag = random.below(3) == 0 ? 1 : 0;
  ForestOptions options = trees(1);
  options.features = 3;
  options.bootstrap = false;
  Rows all(70);
  for (std::size_t i = 0; i < 70; ++i) all[i] = i;
  // Splits of equal gain may be found in another order, which few queries notice.
  const auto found = RandomForest::fit(rows, positive, options, Seed(4)).probabilities(queries);
  std::size_t equal = 0;
  for (std::size_t i = 0; i < 40; ++i) equal += found[i] == plain_tree(rows, positive, all, queries.row(i)) ? 1U : 0U;
  CHECK(equal >= 34);
  CHECK(RandomForest::fit(rows, positive, options, Seed(4)).probabilities(rows) ==
        std::vector<double>(positive.begin(), positive.end()));
}

TEST_CASE("a forest learns what no single feature tells") {
  const Matrix<double> rows = normal_rows(600, 4, Seed(5)), queries = normal_rows(600, 4, Seed(6));
  const RandomForest forest = RandomForest::fit(rows, exclusive_or(rows), trees(100), Seed(7), 2);
  CHECK(voting_accuracy(forest.probabilities(queries), exclusive_or(queries)) > 0.93);
  CHECK(voting_accuracy(forest.probabilities(rows), exclusive_or(rows)) == 1);
  CHECK(voting_accuracy(forest.out_of_bag, exclusive_or(rows)) > 0.9);
}

TEST_CASE("a forest hangs on its seed and on no thread") {
  const Matrix<double> rows = normal_rows(300, 5, Seed(8));
  const Flags positive = exclusive_or(rows, 0.1);
  const RandomForest one = RandomForest::fit(rows, positive, trees(30), Seed(9));
  CHECK(equal_bytes(one, RandomForest::fit(rows, positive, trees(30), Seed(9), 3)));
  CHECK_FALSE(equal_bytes(one, RandomForest::fit(rows, positive, trees(30), Seed(10))));
  CHECK(one.probabilities(rows) == one.probabilities(rows, 3));
  const RandomForest fewer = RandomForest::fit(rows, positive, trees(20), Seed(9));
  CHECK(std::memcmp(fewer.nodes.data(), one.nodes.data(), fewer.nodes.size() * sizeof(RandomForest::Node)) == 0);
}

TEST_CASE("a forest sees only the order of a feature's values") {
  const Matrix<double> rows = normal_rows(200, 3, Seed(11));
  Matrix<double> bent = rows;
  for (std::size_t i = 0; i < bent.size(); ++i) bent.data()[i] = std::exp(3 * rows.data()[i]) - 5;
  const Flags positive = exclusive_or(rows, 0.1);
  ForestOptions options = trees(20);
  options.bootstrap = false;  // thresholds lie between the values of a tree's own rows
  options.features = 1;
  const RandomForest a = RandomForest::fit(rows, positive, options, Seed(12));
  const RandomForest b = RandomForest::fit(bent, positive, options, Seed(12));
  CHECK(a.nodes.size() == b.nodes.size());
  for (std::size_t k = 0; k < a.nodes.size(); ++k) CHECK(a.nodes[k].feature == b.nodes[k].feature);
  CHECK(a.probabilities(rows) == b.probabilities(bent));
}

TEST_CASE("constant features are never split, equal rows share a leaf") {
  Matrix<double> rows = normal_rows(100, 6, Seed(13));
  for (std::size_t i = 0; i < 100; ++i) rows(i, 0) = rows(i, 2) = rows(i, 3) = rows(i, 4) = 7;
  Flags positive(100);
  for (std::size_t i = 0; i < 100; ++i) positive[i] = rows(i, 1) > 0 ? 1 : 0;
  const RandomForest forest = RandomForest::fit(rows, positive, trees(20), Seed(14));
  for (const RandomForest::Node& node : forest.nodes) {
    CHECK((node.feature == -1 || node.feature == 1 || node.feature == 5));
  }
  Flags alternating(100);
  for (std::size_t i = 0; i < 100; ++i) alternating[i] = i % 4 == 0 ? 1 : 0;
  const RandomForest equal = RandomForest::fit(Matrix<double>(100, 2, 3), alternating, trees(400), Seed(15));
  CHECK(equal.nodes.size() == 400);
  CHECK(equal.probabilities(Matrix<double>(1, 2, 8))[0] == Approx(0.25).margin(0.01));
}

TEST_CASE("features that tell matter, others do not") {
  const Matrix<double> rows = normal_rows(500, 5, Seed(16)), queries = normal_rows(500, 5, Seed(17));
  const RandomForest forest = RandomForest::fit(rows, exclusive_or(rows), trees(60), Seed(18), 2);
  const auto losses = permutation_importance(forest, queries, exclusive_or(queries), 3, Seed(19), 2);
  for (const std::size_t j : {0U, 1U}) CHECK(losses[j] > 0.3);
  for (const std::size_t j : {2U, 3U, 4U}) CHECK(std::abs(losses[j]) < 0.05);
  CHECK(losses == permutation_importance(forest, queries, exclusive_or(queries), 3, Seed(19)));
}

TEST_CASE("a forest refuses what it cannot learn from") {
  const Matrix<double> rows = normal_rows(4, 2, Seed(20));
  const Flags positive = {0, 1, 0, 1};
  CHECK(error_text([&] { RandomForest::fit(rows, {1, 1, 1, 1}, trees(1), Seed(1)); }).find("4 positive") !=
        std::string::npos);
  CHECK_THROWS_AS(RandomForest::fit(rows, {0, 1}, trees(1), Seed(1)), Error);
  CHECK_THROWS_AS(RandomForest::fit(rows, positive, trees(0), Seed(1)), Error);
  ForestOptions many;
  many.features = 3;
  CHECK_THROWS_AS(RandomForest::fit(rows, positive, many, Seed(1)), Error);
  const RandomForest forest = RandomForest::fit(rows, positive, trees(2), Seed(1));
  CHECK_THROWS_AS(forest.probabilities(Matrix<double>(1, 3)), Error);
  CHECK_THROWS_AS(permutation_importance(forest, rows, positive, 0, Seed(1)), Error);
  CHECK_THROWS_AS(voting_accuracy({std::nan("")}, {1}), Error);
  ForestOptions whole = trees(2);
  whole.bootstrap = false;
  CHECK(std::isnan(RandomForest::fit(rows, positive, whole, Seed(1)).out_of_bag[0]));
}

TEST_CASE("forests are as good as the golden ones") {
  const auto golden = Golden::find("relevant-neurons");
  if (!golden) return;
  for (const char* name : {"xor", "moons", "gauss", "descriptor"}) {
    CAPTURE(name);
    const auto array = [&](const std::string& member) { return std::string("d_forest_") + name + ".npz:" + member; };
    const Matrix<double> rows = golden->matrix(array("train_x")), queries = golden->matrix(array("test_x"));
    const std::vector<double> train = golden->values(array("train_y")), test = golden->values(array("test_y"));
    const Flags positive(train.begin(), train.end()), truth(test.begin(), test.end());
    std::vector<std::vector<double>> runs(3);
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const RandomForest forest = RandomForest::fit(rows, positive, trees(100), Seed(seed), 2);
      const std::vector<double> probabilities = forest.probabilities(queries, 2);
      std::vector<double> kinds[2];
      for (std::size_t i = 0; i < truth.size(); ++i) kinds[truth[i]].push_back(probabilities[i]);
      runs[0].push_back(voting_accuracy(probabilities, truth));
      runs[1].push_back(auroc(kinds[1], kinds[0]));
      runs[2].push_back(voting_accuracy(forest.out_of_bag, positive));
    }
    const auto expected = golden->values(array("mean")), spread = golden->values(array("sd"));
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(std::abs(mean(runs[k]) - expected[k]) <= 3 * spread[k] / std::sqrt(10.0) * 1.5 + 0.004);
      for (const double run : runs[k]) CHECK(std::abs(run - expected[k]) <= 4 * spread[k] + 0.005);
    }
  }
}
