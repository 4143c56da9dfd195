#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The probability of each of several classes: softmax of w_c'x + b_c.
///
/// Minimises sum_c |w_c|^2 / 2 - C sum_i log p(class of i | x_i), biases free but for their sum, which is 0. Newton's
/// method, its steps found by preconditioned conjugate gradients, so that no matrix of all weights by all weights is
/// needed.
/// Source: the softmax layers of NIC's derived models (Ma et al. 2019); differs from it in: the minimum of a
/// convex function, not some epochs of stochastic gradients.
struct MultinomialRegression {
  std::vector<std::int64_t> classes;  ///< [K], those with a row, ascending
  Matrix<double> weights;             ///< [K x d]
  std::vector<double> biases;         ///< [K]
  double strength = 1;                ///< C
  double gradient_norm = 0;           ///< the gradient's length where it stopped, as a share of that without weights
  std::size_t iterations = 0;         ///< Newton steps

  /// Fitted to `rows` [n x d] and their `labels` [n], until the gradient's length has fallen to `tolerance` of its
  /// first. Throws `Error` for no row or column, entries that are not finite, C or a tolerance that is not above 0,
  /// and rows of one class only; `Interrupted` after an interrupt.
  static MultinomialRegression fit(MatrixView<double> rows, const std::vector<std::int64_t>& labels, double strength,
                                   double tolerance = 1e-8);

  /// [m x K] of `rows` [m x d], each row's sum 1. Throws `Error` for another number of columns and entries that are not
  /// finite.
  Matrix<double> probabilities(MatrixView<double> rows) const;
};

}  // namespace deepmine
