#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/scan/alpha_grid.h"
#include "framework/scan/p_value_matrix.h"

namespace deepmine {

/// The two ends of an empirical p-value's range. Only the upper one is scanned; ties between an
/// activation and the background lie between the two.
enum class PValueEnd { kUpper, kLower };

/// What counts as anomalous: large activations, or large and small ones alike.
enum class PValueTails { kUpper, kBoth };

/// The background's activations, each node's sorted, to rank evaluation activations against.
/// `T` is float or double: activations are compared in the type they were produced in.
///
/// p_max = (#{background >= a} + 1) / (M + 1),  p_min = #{background > a} / (M + 1).
/// One-tailed: large activations are anomalous. -0.0 equals 0.0.
/// Source: deep-mining, the formula of the empirical p-value; differs from it in: nothing
/// (its prose says "larger than", its formula >=, which is what is done here).
template <typename T>
class SortedBackground {
 public:
  /// `background` is [M inputs x J nodes], M and J at least 1. Throws `Error` when it is empty or
  /// holds NaN or an infinity, naming the first such input and node.
  explicit SortedBackground(MatrixView<T> background, std::size_t threads = 1);

  std::size_t inputs() const { return sorted_.cols(); }
  std::size_t nodes() const { return sorted_.rows(); }
  /// M + 1.
  std::uint32_t denominator() const { return static_cast<std::uint32_t>(inputs() + 1); }
  /// One node's activations, ascending, [M].
  const T* node(std::size_t j) const { return sorted_.row(j); }
  /// Activations [M x J] that give the same p-values as the background: its own, each node's in ascending order.
  Matrix<T> activations() const;

  /// The p-values of `evaluation` [N x J] times `denominator()`, exact integers: 1 ... M + 1 at the
  /// upper end, 0 ... M at the lower. Throws `Error` for another number of nodes, NaN or infinity.
  Matrix<std::uint32_t> numerators(MatrixView<T> evaluation, PValueEnd end = PValueEnd::kUpper,
                                   std::size_t threads = 1) const;

  /// The p-values of `evaluation` [N x J] times `denominator()` by one tail or both, 1 ... M + 1.
  /// Both: min(1, 2 min(p of "at least as large", p of "at most as large")), ties counted in each.
  /// Source: ours; differs from the code of deep-mining's authors in: theirs doubles the ends of the
  /// upper tail's range by cases, so that a tie with most of the background can look anomalous.
  Matrix<std::uint32_t> tail_numerators(MatrixView<T> evaluation, PValueTails tails,
                                        std::size_t threads = 1) const;

  /// The p-values of `evaluation` [N x J], in (0, 1] at the upper end.
  Matrix<double> p_values(MatrixView<T> evaluation, PValueEnd end = PValueEnd::kUpper,
                          std::size_t threads = 1) const;

 private:
  Matrix<T> sorted_;  ///< [J x M]
};

/// What a background says of p-values on a linear grid of up to 255 levels: for each node and level
/// the largest activation whose p-value still lies above that level. With it the levels of
/// evaluation activations are found by a few comparisons each, without their p-values.
template <typename T>
class CriticalValues {
 public:
  /// Throws `std::logic_error` for a grid it is not made for; see `fits`.
  CriticalValues(const SortedBackground<T>& background, const AlphaGrid& grid,
                 std::size_t threads = 1);
  static bool fits(const AlphaGrid& grid);

  /// The same as the matrix built from the p-values' numerators. Throws `Error` for another number
  /// of nodes, NaN or infinity.
  PValueMatrix levels(MatrixView<T> evaluation, std::size_t threads = 1) const;

 private:
  AlphaGrid grid_;
  std::size_t nodes_, stride_;
  hwy::AlignedFreeUniquePtr<T[]> limits_;  ///< [levels][stride], columns of nodes
};

extern template class SortedBackground<float>;
extern template class SortedBackground<double>;
extern template class CriticalValues<float>;
extern template class CriticalValues<double>;

}  // namespace deepmine
