#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"

namespace deepmine {

/// P-values k / denominator with k uniform in 1 ... denominator; in the planted block, the first
/// `inputs` x `nodes` cells, k is pushed towards 1.
struct PValueRecipe {
  std::size_t rows, cols;
  std::uint32_t denominator = 9001;
  std::size_t planted_rows = 0, planted_cols = 0;
};

inline Matrix<std::uint32_t> random_numerators(const PValueRecipe& recipe, Seed seed) {
  RandomStream random(seed);
  Matrix<std::uint32_t> result(recipe.rows, recipe.cols);
  for (std::size_t i = 0; i < recipe.rows; ++i) {
    for (std::size_t j = 0; j < recipe.cols; ++j) {
      const bool planted = i < recipe.planted_rows && j < recipe.planted_cols;
      const double u = random.uniform();
      const double share = planted ? u * u * u : u;
      result(i, j) = 1 + static_cast<std::uint32_t>(share * recipe.denominator);
    }
  }
  return result;
}

inline Matrix<double> divided(const Matrix<std::uint32_t>& numerators, std::uint32_t denominator) {
  Matrix<double> result(numerators.rows(), numerators.cols());
  std::transform(numerators.data(), numerators.data() + numerators.size(), result.data(),
                 [denominator](std::uint32_t k) { return k / static_cast<double>(denominator); });
  return result;
}

inline Matrix<double> random_p_values(const PValueRecipe& recipe, Seed seed) {
  return divided(random_numerators(recipe, seed), recipe.denominator);
}

/// Uniform numbers in [0, 1) of type `T`.
template <typename T>
Matrix<T> random_activations(std::size_t rows, std::size_t cols, Seed seed) {
  RandomStream random(seed);
  Matrix<T> result(rows, cols);
  std::generate_n(result.data(), result.size(), [&] { return static_cast<T>(random.uniform()); });
  return result;
}

}  // namespace deepmine
