#include "framework/learn/l1_ball.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "framework/core/error.h"

namespace deepmine {
namespace {

/// What all absolute entries lose, so that what is left sums to `radius`, which is less than they do.
double threshold(const std::vector<double>& point, double radius) {
  std::vector<double> sizes(point.size());
  std::transform(point.begin(), point.end(), sizes.begin(), [](double value) { return std::abs(value); });
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  double sum = 0, shift = sizes.front();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    sum += sizes[i];
    const double next = (sum - radius) / static_cast<double>(i + 1);
    if (sizes[i] <= next) break;
    shift = next;
  }
  return shift;
}

}  // namespace

double l1_norm(const std::vector<double>& point) {
  double sum = 0;
  for (const double value : point) sum += std::abs(value);
  return sum;
}

std::vector<double> projected_on_l1_ball(const std::vector<double>& point, double radius) {
  ensure(radius >= 0, "radius of an L1 ball: expected a number of at least 0, found {}", radius);
  const double norm = l1_norm(point);
  ensure(std::isfinite(norm), "point to project: expected finite numbers, found some whose absolute sum is {}", norm);
  if (norm <= radius) return point;
  const double shift = threshold(point, radius);
  std::vector<double> result(point.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    result[i] = std::copysign(std::max(0.0, std::abs(point[i]) - shift), point[i]);
  }
  return result;
}

}  // namespace deepmine
