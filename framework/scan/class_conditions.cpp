#include "framework/scan/class_conditions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "framework/core/error.h"

namespace deepmine {
namespace {

std::map<std::int64_t, std::vector<std::size_t>> inputs_by_class(const Classes& classes,
                                                                 std::size_t inputs,
                                                                 std::string_view what) {
  ensure(classes.size() == inputs, "{} classes: expected one for each of {} inputs, found {}", what,
         inputs, classes.size());
  std::map<std::int64_t, std::vector<std::size_t>> result;
  for (std::size_t i = 0; i < inputs; ++i) result[classes[i]].push_back(i);
  return result;
}

template <typename T>
Matrix<T> rows_of(MatrixView<T> matrix, const std::vector<std::size_t>& rows) {
  Matrix<T> result(rows.size(), matrix.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(matrix.row(rows[i]), matrix.cols(), result.row(i));
  }
  return result;
}

}  // namespace

template <typename T>
Matrix<double> conditional_p_values(MatrixView<T> background, const Classes& background_classes,
                                    MatrixView<T> evaluation, const Classes& evaluation_classes,
                                    PValueTails tails, std::size_t threads) {
  const auto clean = inputs_by_class(background_classes, background.rows(), "background");
  Matrix<double> p_values(evaluation.rows(), evaluation.cols());
  for (const auto& [label, rows] :
       inputs_by_class(evaluation_classes, evaluation.rows(), "evaluation")) {
    const auto found = clean.find(label);
    ensure(found != clean.end(),
           "background classes: expected inputs of class {}, which {} evaluation inputs have, found "
           "none; give a larger background", label, rows.size());
    const SortedBackground<T> sorted(rows_of(background, found->second), threads);
    const auto numerators = sorted.tail_numerators(rows_of(evaluation, rows), tails, threads);
    const double whole = sorted.denominator();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::transform(numerators.row(i), numerators.row(i) + numerators.cols(),
                     p_values.row(rows[i]), [whole](std::uint32_t count) { return count / whole; });
    }
  }
  return p_values;
}

ClassScan scan_within_classes(const PValueMatrix& p_values, const Classes& classes,
                              const ScanOptions& options, Seed seed) {
  std::optional<ClassScan> best;
  for (const auto& [label, inputs] : inputs_by_class(classes, p_values.inputs(), "evaluation")) {
    ScanResult found = scan(p_values.gather(inputs), options,
                            seed.child("class").child(static_cast<std::uint64_t>(label)));
    if (best && found.score <= best->result.score) continue;
    for (std::uint32_t& input : found.inputs) input = static_cast<std::uint32_t>(inputs[input]);
    best = ClassScan{std::move(found), label};
  }
  return std::move(*best);  // a matrix has an input, so there is a class
}

template Matrix<double> conditional_p_values(MatrixView<float>, const Classes&, MatrixView<float>,
                                             const Classes&, PValueTails, std::size_t);
template Matrix<double> conditional_p_values(MatrixView<double>, const Classes&, MatrixView<double>,
                                             const Classes&, PValueTails, std::size_t);

}  // namespace deepmine
