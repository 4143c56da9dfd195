#include "framework/scan/alpha_grid.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"

using namespace deepmine;

TEST_CASE("a linear grid of 50 steps up to 0.5 is the hundredths") {
  const std::vector<double> alphas = AlphaGrid(0.5, 50).linear_alphas();
  REQUIRE(alphas.size() == 50);
  for (int i = 1; i <= 50; ++i) CHECK(alphas[static_cast<std::size_t>(i - 1)] == i / 100.0);
}

TEST_CASE("a linear grid multiplies before it divides") {
  const std::vector<double> alphas = AlphaGrid(0.3, 7).linear_alphas();
  REQUIRE(alphas.size() == 7);
  for (int i = 1; i <= 7; ++i) CHECK(alphas[static_cast<std::size_t>(i - 1)] == (i * 0.3) / 7);
}

TEST_CASE("the text of a grid parses to the same grid") {
  for (const char* text : {"exact", "linear:1", "linear:50", "linear:65535"}) {
    const AlphaGrid grid = AlphaGrid::parse(text, 0.25);
    CHECK(grid.text() == text);
    CHECK(grid.alpha_max() == 0.25);
    CHECK(AlphaGrid::parse(grid.text(), 0.25) == grid);
    CHECK_FALSE(AlphaGrid::parse(grid.text(), 0.5) == grid);
  }
  CHECK(AlphaGrid::parse("exact").is_exact());
  CHECK_FALSE(AlphaGrid::parse("linear:2") == AlphaGrid::parse("linear:3"));
}

TEST_CASE("other texts for alphas are errors") {
  for (const char* text : {"", "linear", "linear:", "linear:0", "linear:-3", "linear:x",
                           "linear:2.5", "linear:65536", "Exact", "exact:5"}) {
    INFO(text);
    CHECK(error_text([&] { AlphaGrid::parse(text); }).find("alphas") != std::string::npos);
  }
  CHECK(error_text([] { AlphaGrid::parse("grid"); }) ==
        "alphas: expected exact, linear:K or fixed:A, found \"grid\"");
}

TEST_CASE("alpha_max is above 0 and at most 1") {
  CHECK_NOTHROW(AlphaGrid(1.0));
  for (double alpha_max : {0.0, -0.1, 1.0001, std::nan("")}) {
    CHECK_THROWS_AS(AlphaGrid(alpha_max), Error);
    CHECK_THROWS_AS(AlphaGrid(alpha_max, 50), Error);
  }
}

TEST_CASE("a fixed alpha is the only level, and one above alpha_max is an error") {
  const AlphaGrid grid = AlphaGrid::parse("fixed:0.03", 0.5);
  CHECK(grid.linear_alphas() == std::vector<double>{0.03});
  CHECK(AlphaGrid::parse(grid.text(), grid.alpha_max()) == grid);
  CHECK(AlphaGrid::parse("fixed:0.5", 0.5).linear_alphas() == std::vector<double>{0.5});
  CHECK_THAT(error_text([] { AlphaGrid::parse("fixed:0.6", 0.5); }),
             Catch::Contains("at most alpha-max, 0.5, found 0.6"));
  CHECK_THAT(error_text([] { AlphaGrid::parse("fixed:0"); }), Catch::Contains("A in (0, 1]"));
  CHECK_THAT(error_text([] { AlphaGrid::parse("fixed:x"); }), Catch::Contains("fixed:A"));
}
