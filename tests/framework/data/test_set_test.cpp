#include "framework/data/test_set.h"

#include <catch2/catch.hpp>

#include <set>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

std::vector<PoolInput> pool(std::size_t count, std::size_t first_row, std::size_t first_source) {
  std::vector<PoolInput> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back({first_row + i, first_source + i});
  return result;
}

TEST_CASE("a test set has its size, its anomalous inputs, and no input twice") {
  const TestSetBuilder builder(pool(100, 0, 900), false);
  const auto anomalous = pool(80, 100, 900);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const TestSet set = builder.draw(anomalous, 60, 7, Seed(seed));
    REQUIRE(set.rows.size() == 60);
    REQUIRE(set.anomalous.size() == 60);
    CHECK(std::set<std::size_t>(set.rows.begin(), set.rows.end()).size() == 60);
    std::size_t count = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      CHECK((set.rows[i] >= 100) == (set.anomalous[i] == 1));
      count += set.anomalous[i];
    }
    CHECK(count == 7);
  }
}

TEST_CASE("shared sources are counted, and there are none when they are forbidden") {
  const auto anomalous = pool(80, 100, 900);
  std::size_t shared = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const TestSet set = TestSetBuilder(pool(100, 0, 900), false).draw(anomalous, 60, 20, Seed(seed));
    std::set<std::size_t> clean, both;
    for (std::size_t i = 0; i < 60; ++i) {
      if (set.anomalous[i] == 0) clean.insert(set.rows[i]);
    }
    for (std::size_t i = 0; i < 60; ++i) {
      if (set.anomalous[i] == 1 && clean.count(set.rows[i] - 100) > 0) both.insert(set.rows[i]);
    }
    CHECK(set.shared_sources == both.size());
    shared += set.shared_sources;
    CHECK(TestSetBuilder(pool(100, 0, 900), true).draw(anomalous, 60, 20, Seed(seed)).shared_sources ==
          0);
  }
  CHECK(shared > 100);  // 20 sets x 20 anomalous x 40 of 100 clean
}

TEST_CASE("every input is drawn equally often") {
  const TestSetBuilder builder(pool(20, 0, 0), false);
  std::vector<int> times(20);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (std::size_t row : builder.draw({}, 5, 0, Seed(seed)).rows) ++times[row];
  }
  double chi_square = 0;
  for (int n : times) chi_square += (n - 500.0) * (n - 500.0) / 500.0;
  CHECK(chi_square < 43.8);  // the 0.1 % point with 19 degrees of freedom
}

TEST_CASE("a seed draws the same set again, another seed another one") {
  const TestSetBuilder builder(pool(100, 0, 0), false);
  const auto anomalous = pool(50, 100, 0);
  CHECK(builder.draw(anomalous, 40, 4, Seed(1)).rows == builder.draw(anomalous, 40, 4, Seed(1)).rows);
  CHECK(builder.draw(anomalous, 40, 4, Seed(1)).rows != builder.draw(anomalous, 40, 4, Seed(2)).rows);
}

TEST_CASE("too few inputs to draw from are an error that says how many") {
  const TestSetBuilder builder(pool(10, 0, 0), false);
  CHECK(error_text([&] { builder.draw({}, 11, 0, Seed(1)); }).find("found 10") != std::string::npos);
  CHECK(error_text([&] { builder.draw(pool(2, 10, 0), 5, 3, Seed(1)); }).find("anomalous") !=
        std::string::npos);
}

TEST_CASE("inputs stand as often as their image was drawn, clean and anomalous alike") {
  const auto drawn = repeated({{5, 100}, {6, 101}, {7, 102}, {9, 101}}, {2, 0, 1}, 100);
  REQUIRE(drawn.size() == 3);
  CHECK((drawn[0].row == 5 && drawn[1].row == 5 && drawn[2].row == 7));
  CHECK(drawn[2].source == 102);
}

}  // namespace
}  // namespace deepmine
