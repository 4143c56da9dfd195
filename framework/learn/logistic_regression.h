#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The probability that a row is positive: 1 / (1 + exp(-(w'x + b))).
///
/// Minimises |w|^2 / 2 + C sum_i log(1 + exp(-y_i (w'x_i + b))), y_i = +-1, b free, by Newton's method with a line
/// search, so that what is found is the minimum and not where a tolerance happened to stop.
/// Source: Ma et al. 2018 (LID) and Feinman et al. 2017, whose codes use an L2 logistic regression; differs from them
/// in: theirs stops at a gradient of 1e-4, which moves probabilities by up to 3e-4.
struct LogisticRegression {
  std::vector<double> weights;  ///< [d]
  double bias = 0;
  double strength = 1;        ///< C
  double gradient_norm = 0;   ///< the largest component of the gradient where it stopped
  std::size_t iterations = 0;

  /// Fitted to `rows` [n x d]; `positive[i]` is not 0 for a positive row. Throws `Error` for no row or column,
  /// entries that are not finite, C that is not above 0, and rows of one kind only.
  static LogisticRegression fit(MatrixView<double> rows, const std::vector<std::uint8_t>& positive, double strength);

  /// w'x + b of `rows` [m x d], above 0 for rows more likely positive, and the probabilities. Throw `Error` for another
  /// number of columns and entries that are not finite.
  std::vector<double> decisions(MatrixView<double> rows) const;
  std::vector<double> probabilities(MatrixView<double> rows) const;
};

/// The ten values of C from 1e-4 to 1e4, equally far apart in the logarithm.
std::vector<double> logistic_strengths();

/// A logistic regression with the C that its accuracy on held-out folds chose.
struct LogisticChoice {
  std::vector<double> strengths;  ///< [k], the values of C tried
  Matrix<double> accuracies;      ///< [folds x k], each of the fold's rows, fitted to all others
  std::size_t best = 0;           ///< of equal mean accuracies the first
  LogisticRegression model;       ///< fitted to all rows with it

  double mean_accuracy(std::size_t k) const;
};

/// `folds[i]` says in which fold row i is held out; see framework/learn/stratified_folds.h. The result does not
/// depend on `threads`. Throws `Error` like `LogisticRegression::fit`, also where the rows outside a fold are of one
/// kind, for an empty fold and for nothing to choose from.
LogisticChoice choose_logistic_regression(MatrixView<double> rows, const std::vector<std::uint8_t>& positive,
                                          const std::vector<std::size_t>& folds,
                                          const std::vector<double>& strengths = logistic_strengths(),
                                          std::size_t threads = 1);

}  // namespace deepmine
