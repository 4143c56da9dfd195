#include <catch2/catch.hpp>

#include "framework/scan/class_conditions.h"
#include "framework/scan/resolution.h"

namespace deepmine {
namespace {

/// Whether an input far above everything known has a p-value that a grid's largest level reaches.
bool can_be_found(const AlphaGrid& grid, PValueTails tails, std::size_t background) {
  Matrix<double> clean(background, 1);
  for (std::size_t i = 0; i < background; ++i) clean(i, 0) = static_cast<double>(i);
  const SortedBackground<double> sorted(clean.view());
  const std::vector<double> far{1e6};
  const auto numerators = sorted.tail_numerators({far.data(), 1, 1}, tails);
  return numerators(0, 0) / static_cast<double>(sorted.denominator()) <= grid.alpha_max();
}

TEST_CASE("a background serves exactly where the farthest input can have a p-value up to alpha") {
  for (const double alpha : {0.5, 0.34, 1.0 / 3, 0.1, 0.05, 0.04761904761904762, 0.01}) {
    for (const PValueTails tails : {PValueTails::kUpper, PValueTails::kBoth}) {
      const AlphaGrid grid = AlphaGrid::parse("linear:7", alpha);
      std::size_t least = 0;
      for (std::size_t background = 1; background < 300; ++background) {
        INFO("alpha " << alpha << ", background " << background << ", both tails " << (tails == PValueTails::kBoth));
        const bool serves = can_be_found(grid, tails, background);
        if (serves && least == 0) least = background;
        CHECK(too_small_background(grid, tails, background).has_value() == !serves);
      }
      CHECK(least_background(grid, tails) == least);
    }
  }
}

TEST_CASE("a background that is too small is told with its smallest p-value and what would serve") {
  CHECK(too_small_background(AlphaGrid::parse("fixed:0.01"), PValueTails::kUpper, 20).value() ==
        "20 background inputs give no p-value below 1/21 = 0.0476, so nothing can be found at alpha 0.01; give at "
        "least 99 background inputs, or a larger alpha");
  CHECK_THAT(too_small_background(AlphaGrid::parse("exact", 0.05), PValueTails::kBoth, 38).value(),
             Catch::Contains("2/39 = 0.0513 of both tails") && Catch::Contains("at least 39"));
}

TEST_CASE("classes with too few background inputs are named with how many they have") {
  const AlphaGrid grid = AlphaGrid::parse("linear:50", 0.05);
  CHECK_FALSE(too_small_classes(grid, PValueTails::kUpper, {{0, 19}, {7, 200}}).has_value());
  CHECK_THAT(too_small_classes(grid, PValueTails::kUpper, {{0, 18}, {7, 200}, {9, 1}}).value(),
             Catch::Contains("2 of 3 classes") && Catch::Contains("0 (18), 9 (1); give each at least 19"));
  std::map<std::int64_t, std::size_t> many;
  for (int label = 0; label < 12; ++label) many[label] = 1;
  CHECK_THAT(too_small_classes(grid, PValueTails::kUpper, many).value(),
             Catch::Contains("9 (1), ...;") && !Catch::Contains("10 (1)"));
}

}  // namespace
}  // namespace deepmine
