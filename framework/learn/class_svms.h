#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/learn/one_class_svm.h"
#include "framework/learn/standard_scaler.h"

namespace deepmine {

/// A one-class SVM of a class's rows, after their scaling.
struct ClassSvm {
  std::int64_t kind = 0;  ///< the class
  StandardScaler scaler;
  OneClassSvm svm;

  /// The part of `OneClassSvm::lowest` to `highest` that a score lies above: 0 for the least normal training row, 1 for
  /// the most normal, beyond them for others. Where all training rows score alike, the score less theirs.
  double normalised(double score) const;
};

/// A one-class SVM for each class.
/// Source: uniform-svdd, one-class machine; differs from it in: nothing.
struct ClassSvms {
  std::vector<ClassSvm> machines;  ///< of classes with a row, ascending

  /// Fitted to `rows` [n x d], each class's rows scaled by themselves if `standardise`. `options.cache_bytes` is what
  /// all classes may hold that are fitted at once. The result does not depend on `threads`. Throws `Error` like
  /// `OneClassSvm::fit` and for classes that are not one for each of `rows`.
  static ClassSvms fit(MatrixView<double> rows, const std::vector<std::int64_t>& classes, bool standardise,
                       const OneClassOptions& options, std::size_t threads = 1);

  /// The machine of a class; null where it had no row.
  const ClassSvm* of(std::int64_t kind) const;

  /// The score of each of `rows` [m x d] by the machine of its class, higher for normal rows; 0, the sum over no
  /// support vector, where the class had no row. The result does not depend on `threads`. Throws `Error` for classes
  /// that are not one each, another number of columns and entries that are not finite.
  std::vector<double> scores(MatrixView<double> rows, const std::vector<std::int64_t>& classes,
                             std::size_t threads = 1) const;
};

}  // namespace deepmine
