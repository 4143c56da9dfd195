#include "framework/evaluate/image_bootstrap.h"

#include <catch2/catch.hpp>
#include <numeric>

namespace deepmine {
namespace {

TEST_CASE("as many images are drawn as there are, some twice, some not") {
  const auto times = drawn_again(1000, Seed(3));
  CHECK(std::accumulate(times.begin(), times.end(), std::size_t{0}) == 1000);
  const auto missing = std::count(times.begin(), times.end(), 0U);
  CHECK(std::abs(static_cast<double>(missing) - 368) < 40);  // 1000 / e
  CHECK(times == drawn_again(1000, Seed(3)));
  CHECK(times != drawn_again(1000, Seed(4)));
}

TEST_CASE("inputs stand as often as their image was drawn, clean and anomalous alike") {
  const std::vector<PoolInput> pool{{5, 100}, {6, 101}, {7, 102}, {9, 101}};
  const auto drawn = repeated(pool, {2, 0, 1}, 100);
  REQUIRE(drawn.size() == 3);
  CHECK((drawn[0].row == 5 && drawn[1].row == 5 && drawn[2].row == 7));
  CHECK(drawn[2].source == 102);
}

}  // namespace
}  // namespace deepmine
