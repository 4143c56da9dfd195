#include "framework/learn/resampling.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

namespace deepmine {
namespace {

TEST_CASE("as many things are drawn as there are, some twice, some not") {
  const auto times = drawn_again(1000, Seed(3));
  CHECK(std::accumulate(times.begin(), times.end(), std::size_t{0}) == 1000);
  const auto missing = std::count(times.begin(), times.end(), 0U);
  CHECK(std::abs(static_cast<double>(missing) - 368) < 40);  // 1000 / e
  CHECK(times == drawn_again(1000, Seed(3)));
  CHECK(times != drawn_again(1000, Seed(4)));
}

}  // namespace
}  // namespace deepmine
