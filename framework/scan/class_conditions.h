#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"

namespace deepmine {

/// The class of each of some inputs, the network's prediction as a rule.
using Classes = std::vector<std::int64_t>;

/// A background by class, to rank each input against the background inputs of its own class only:
/// what is usual for a shoe is not unusual because most inputs are none.
/// Source: the conditional scan of deep-mining's authors; differs from it in: they scan against every
/// class and keep the smallest score, we rank by the predicted one.
template <typename T>
class ClassBackgrounds {
 public:
  /// `background` is [M x J]. Throws `Error` unless there is one class for each input.
  ClassBackgrounds(MatrixView<T> background, const Classes& classes, std::size_t threads = 1);

  /// Backgrounds of classes, of equally many nodes. Throws `Error` for others and for none.
  explicit ClassBackgrounds(std::map<std::int64_t, SortedBackground<T>> backgrounds);

  const std::map<std::int64_t, SortedBackground<T>>& backgrounds() const { return sorted_; }
  /// How many background inputs each class has.
  std::map<std::int64_t, std::size_t> sizes() const;

  /// How many background inputs there are of all classes.
  std::size_t inputs() const;
  /// The p-values of `evaluation` [N x J] against the inputs of all classes together, times `inputs()` + 1: at the
  /// upper end, 1 ... `inputs()` + 1.
  Matrix<std::uint32_t> numerators(MatrixView<T> evaluation, std::size_t threads = 1) const;
  /// P-values [N x J] of `evaluation` [N x J]. A p-value's denominator is the number of background
  /// inputs of the class and one. Throws `Error` for classes that do not fit the matrix, and for one
  /// that the background lacks.
  Matrix<double> p_values(MatrixView<T> evaluation, const Classes& classes,
                          PValueTails tails = PValueTails::kUpper, std::size_t threads = 1) const;

 private:
  std::map<std::int64_t, SortedBackground<T>> sorted_;
};

/// The best scan of inputs that share a class.
struct ClassScan {
  ScanResult result;  ///< inputs by their place among all that were scanned
  std::optional<std::int64_t> label;  ///< none where nothing was found
};

/// Scans those of the inputs that have the same class by themselves, for each class; of equally good
/// classes the smallest counts; half steps are those of all classes. `classes` are those of all inputs of the pool.
/// Throws `Error` unless there is one for each.
ClassScan scan_within_classes(const ScanPool& pool, const std::vector<std::size_t>& inputs,
                              const Classes& classes, Seed seed);

extern template class ClassBackgrounds<float>;
extern template class ClassBackgrounds<double>;

}  // namespace deepmine
