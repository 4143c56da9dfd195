#include "framework/scan/resolution.h"

#include <fmt/ranges.h>

#include <cmath>
#include <vector>

namespace deepmine {
namespace {

/// The smallest p-value's numerator; its denominator is the number of background inputs and one.
double smallest_numerator(PValueTails tails) { return tails == PValueTails::kBoth ? 2 : 1; }

bool serves(const AlphaGrid& grid, PValueTails tails, std::size_t background) {
  return smallest_numerator(tails) / static_cast<double>(background + 1) <= grid.alpha_max();
}

}  // namespace

std::size_t least_background(const AlphaGrid& grid, PValueTails tails) {
  auto least = static_cast<std::size_t>(std::max(1.0, std::floor(smallest_numerator(tails) / grid.alpha_max()) - 1));
  while (!serves(grid, tails, least)) ++least;
  return least;
}

std::optional<std::string> too_small_background(const AlphaGrid& grid, PValueTails tails, std::size_t background) {
  if (serves(grid, tails, background)) return std::nullopt;
  const double numerator = smallest_numerator(tails);
  return fmt::format(
      "{} background inputs give no p-value below {:g}/{} = {:.3g}{}, so nothing can be found at alpha {:g}; give at "
      "least {} background inputs, or a larger alpha",
      background, numerator, background + 1, numerator / static_cast<double>(background + 1),
      tails == PValueTails::kBoth ? " of both tails" : "", grid.alpha_max(), least_background(grid, tails));
}

std::optional<std::string> too_small_classes(const AlphaGrid& grid, PValueTails tails,
                                             const std::map<std::int64_t, std::size_t>& background) {
  constexpr std::size_t kNamed = 10;
  std::vector<std::string> small;
  for (const auto& [label, inputs] : background) {
    if (!serves(grid, tails, inputs)) small.push_back(fmt::format("{} ({})", label, inputs));
  }
  if (small.empty()) return std::nullopt;
  const bool more = small.size() > kNamed;
  const std::size_t count = small.size();
  small.resize(std::min(count, kNamed));
  return fmt::format(
      "{} of {} classes have too few background inputs for a p-value as small as alpha {:g}, so that none of their "
      "inputs can be found: {}{}; give each at least {}, or a larger alpha",
      count, background.size(), grid.alpha_max(), fmt::join(small, ", "), more ? ", ..." : "",
      least_background(grid, tails));
}

}  // namespace deepmine
