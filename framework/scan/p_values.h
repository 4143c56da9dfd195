#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"

namespace deepmine {

/// The two ends of an empirical p-value's range. Only the upper one is scanned; ties between an
/// activation and the background lie between the two.
enum class PValueEnd { kUpper, kLower };

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

  /// The p-values of `evaluation` [N x J] times `denominator()`, exact integers: 1 ... M + 1 at the
  /// upper end, 0 ... M at the lower. Throws `Error` for another number of nodes, NaN or infinity.
  Matrix<std::uint32_t> numerators(MatrixView<T> evaluation, PValueEnd end = PValueEnd::kUpper,
                                   std::size_t threads = 1) const;

  /// The p-values of `evaluation` [N x J], in (0, 1] at the upper end.
  Matrix<double> p_values(MatrixView<T> evaluation, PValueEnd end = PValueEnd::kUpper,
                          std::size_t threads = 1) const;

 private:
  Matrix<T> sorted_;  ///< [J x M]
};

extern template class SortedBackground<float>;
extern template class SortedBackground<double>;

}  // namespace deepmine
