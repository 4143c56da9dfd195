#pragma once

#include <cmath>
#include <cstddef>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"

namespace deepmine {

/// A standard normal number, by Box and Muller.
inline double normal(RandomStream& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * 3.14159265358979323846 * random.uniform());
}

/// [n x d] of standard normal numbers.
inline Matrix<double> normal_rows(std::size_t n, std::size_t d, Seed seed) {
  RandomStream random(seed);
  Matrix<double> rows(n, d);
  for (std::size_t i = 0; i < rows.size(); ++i) rows.data()[i] = normal(random);
  return rows;
}

}  // namespace deepmine
