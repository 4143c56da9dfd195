#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"

namespace deepmine {

/// The class of each of some inputs, the network's prediction as a rule.
using Classes = std::vector<std::int64_t>;

/// P-values [N x J] of `evaluation` [N x J], each input against the background inputs of its own
/// class only: what is usual for a shoe is not unusual because most inputs are none. A p-value's
/// denominator is the number of those inputs and one. Throws `Error` for classes that do not fit the
/// matrices, and for a class of the evaluation that the background lacks.
/// Source: the conditional scan of deep-mining's authors; differs from it in: they scan against every
/// class and keep the smallest score, we rank by the predicted one.
template <typename T>
Matrix<double> conditional_p_values(MatrixView<T> background, const Classes& background_classes,
                                    MatrixView<T> evaluation, const Classes& evaluation_classes,
                                    PValueTails tails = PValueTails::kUpper,
                                    std::size_t threads = 1);

/// The best scan of inputs that share a class.
struct ClassScan {
  ScanResult result;  ///< inputs as in the whole matrix
  std::int64_t label = 0;
};

/// Scans the inputs of each class by themselves; of equally good classes the smallest counts. Throws
/// `Error` unless there is one class for each input.
ClassScan scan_within_classes(const PValueMatrix& p_values, const Classes& classes,
                              const ScanOptions& options, Seed seed);

extern template Matrix<double> conditional_p_values(MatrixView<float>, const Classes&,
                                                    MatrixView<float>, const Classes&, PValueTails,
                                                    std::size_t);
extern template Matrix<double> conditional_p_values(MatrixView<double>, const Classes&,
                                                    MatrixView<double>, const Classes&, PValueTails,
                                                    std::size_t);

}  // namespace deepmine
