#pragma once

#include <cstddef>
#include <vector>

#include "framework/core/npz.h"
#include "framework/learn/logistic_regression.h"

namespace deepmine {

/// A logistic regression that tells adversarial rows of features from normal ones, each feature brought to [0,1] by its
/// range over the rows it was fitted to. C is chosen by five folds.
/// Source: Ma et al. 2018 (LID), code, also for the features of Feinman et al. 2017; differs from it in: the range is
/// that of the rows it was fitted to, not of those evaluated as well.
struct ScaledRegression {
  std::vector<double> lows, spans;  ///< [d], of each feature; a span is 1 where the feature is constant
  LogisticRegression regression;

  /// Fitted to `normal` [n x d] and `adversarial` [m x d]. The result does not depend on `threads`. Throws `Error` for
  /// fewer than five rows of either, entries that are not finite, and widths that differ.
  static ScaledRegression fit(const Matrix<double>& normal, const Matrix<double>& adversarial, std::size_t threads);

  /// The logarithm of the odds that each of `rows` [m x d] is adversarial; keeps its digits where a probability would
  /// be all but 1. Throws `Error` for another width and entries that are not finite.
  std::vector<double> log_odds(const Matrix<double>& rows) const;

  void keep(Npz& content) const;
  /// Throws `Error` for what `keep` did not put there.
  static ScaledRegression kept(const Npz& content);
};

}  // namespace deepmine
