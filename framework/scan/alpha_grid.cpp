#include "framework/scan/alpha_grid.h"

#include <fmt/format.h>

#include <cstdint>

#include "framework/core/error.h"
#include "framework/core/spec.h"

namespace deepmine {
namespace {

constexpr std::string_view kExact = "exact";
constexpr std::string_view kLinear = "linear:";
constexpr std::string_view kFixed = "fixed:";
constexpr std::int64_t kMostSteps = 65535;

}  // namespace

AlphaGrid::AlphaGrid(double alpha_max) : alpha_max_(alpha_max), steps_(0) {
  ensure(alpha_max > 0 && alpha_max <= 1, "alpha-max: expected a number in (0, 1], found {}",
         alpha_max);
}

AlphaGrid::AlphaGrid(double alpha_max, std::size_t steps) : AlphaGrid(alpha_max) {
  ensure(steps >= 1 && steps <= kMostSteps,
         "alphas: expected linear:K with K in [1, {}], found K = {}", kMostSteps, steps);
  steps_ = steps;
}

AlphaGrid AlphaGrid::parse(std::string_view text, double alpha_max) {
  if (text == kExact) return AlphaGrid(alpha_max);
  if (text.substr(0, kFixed.size()) == kFixed) {
    const double alpha = parse_real(text.substr(kFixed.size()), "alphas fixed:A");
    ensure(alpha > 0 && alpha <= 1, "alphas: expected fixed:A with A in (0, 1], found \"{}\"", text);
    ensure(alpha <= alpha_max,
           "alphas: expected fixed:A with A at most alpha-max, {:g}, found {:g}; lower A or raise alpha-max", alpha_max,
           alpha);
    return {alpha, 1};
  }
  ensure(text.substr(0, kLinear.size()) == kLinear,
         "alphas: expected exact, linear:K or fixed:A, found \"{}\"", text);
  const std::int64_t steps = parse_integer(text.substr(kLinear.size()), "alphas linear:K");
  ensure(steps >= 1, "alphas: expected linear:K with K in [1, {}], found \"{}\"", kMostSteps, text);
  return AlphaGrid(alpha_max, static_cast<std::size_t>(steps));
}

std::string AlphaGrid::text() const {
  return is_exact() ? std::string(kExact) : fmt::format("{}{}", kLinear, steps_);
}

std::vector<double> AlphaGrid::linear_alphas() const {
  std::vector<double> alphas;
  for (std::size_t i = 1; i <= steps_; ++i) {
    alphas.push_back((static_cast<double>(i) * alpha_max_) / static_cast<double>(steps_));
  }
  return alphas;
}

}  // namespace deepmine
