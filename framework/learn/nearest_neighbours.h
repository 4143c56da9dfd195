#pragma once

#include <cstddef>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The Euclidean distances [m x k] of `queries` [m x d] to their k nearest rows of `reference` [n x d], ascending.
/// Equal rows have distance exactly 0. The result does not depend on `threads`. Throws `Error` for no reference,
/// another number of columns, entries that are not finite, and k outside 1 ... n.
Matrix<double> nearest_distances(MatrixView<double> queries, MatrixView<double> reference, std::size_t k,
                                 std::size_t threads = 1);

/// What becomes of the nearest row of the reference.
enum class NearestRow {
  kDropped,  ///< it is the query itself, as LID's code takes for granted, also of queries that are not in the reference
  kKept,
};

/// The local intrinsic dimension of each of `queries` [m x d] among `reference` [n x d]: -k / sum_{j=1..k} log(r_j /
/// r_k) with its distances r_1 <= ... <= r_k to the nearest rows; k is at most n, less one where the nearest is
/// dropped. Where the formula has no finite value: 0 if a distance is 0, `kLargestLid` if all are equal, and never
/// more than that. Throws `Error` like `nearest_distances`, for k = 0 and for too small a reference.
/// Source: Ma et al. 2018, equation 4 and code; differs from it in: the code gives -inf or NaN where we say what is
/// given.
std::vector<double> local_intrinsic_dimension(MatrixView<double> queries, MatrixView<double> reference, std::size_t k,
                                              NearestRow nearest = NearestRow::kDropped, std::size_t threads = 1);

constexpr double kLargestLid = 1000;

}  // namespace deepmine
