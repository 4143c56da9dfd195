#pragma once

#include <vector>

namespace deepmine {

/// The nearest point to `point` whose absolute entries sum to at most `radius`; the point itself where its own do.
/// O(m log m). Throws `Error` for a radius that is negative or no number, and for entries that are not finite.
/// Source: Duchi et al. 2008, figure 1; differs from it in: nothing.
std::vector<double> projected_on_l1_ball(const std::vector<double>& point, double radius);

/// sum |x_i|
double l1_norm(const std::vector<double>& point);

}  // namespace deepmine
