#include "framework/scan/class_conditions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "framework/core/error.h"

namespace deepmine {
namespace {

using InputsByClass = std::map<std::int64_t, std::vector<std::size_t>>;

void ensure_classes(const Classes& classes, std::size_t inputs, std::string_view what) {
  ensure(classes.size() == inputs, "{} classes: expected one for each of {} inputs, found {}", what,
         inputs, classes.size());
}

InputsByClass inputs_by_class(const Classes& classes, std::size_t inputs, std::string_view what) {
  ensure_classes(classes, inputs, what);
  InputsByClass result;
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
ClassBackgrounds<T>::ClassBackgrounds(MatrixView<T> background, const Classes& classes,
                                      std::size_t threads) {
  for (const auto& [label, rows] : inputs_by_class(classes, background.rows(), "background")) {
    sorted_.emplace(label, SortedBackground<T>(rows_of(background, rows), threads));
  }
}

template <typename T>
ClassBackgrounds<T>::ClassBackgrounds(std::map<std::int64_t, SortedBackground<T>> backgrounds)
    : sorted_(std::move(backgrounds)) {
  ensure(!sorted_.empty(), "expected a background of one class or more, found none");
  const std::size_t nodes = sorted_.begin()->second.nodes();
  for (const auto& [label, background] : sorted_) {
    ensure(background.nodes() == nodes, "expected backgrounds of {} nodes, found {} of class {}", nodes,
           background.nodes(), label);
  }
}

template <typename T>
std::map<std::int64_t, std::size_t> ClassBackgrounds<T>::sizes() const {
  std::map<std::int64_t, std::size_t> sizes;
  for (const auto& [label, background] : sorted_) sizes[label] = background.inputs();
  return sizes;
}

template <typename T>
std::size_t ClassBackgrounds<T>::inputs() const {
  std::size_t all = 0;
  for (const auto& [label, background] : sorted_) all += background.inputs();
  return all;
}

template <typename T>
Matrix<std::uint32_t> ClassBackgrounds<T>::numerators(MatrixView<T> evaluation, std::size_t threads) const {
  Matrix<std::uint32_t> all(evaluation.rows(), evaluation.cols(), 1);  // the input itself, which each class counts
  for (const auto& [label, background] : sorted_) {
    const auto found = background.numerators(evaluation, PValueEnd::kUpper, threads);
    std::transform(found.data(), found.data() + found.size(), all.data(), all.data(),
                   [](std::uint32_t more, std::uint32_t sum) { return sum + more - 1; });
  }
  return all;
}

template <typename T>
Matrix<double> ClassBackgrounds<T>::p_values(MatrixView<T> evaluation, const Classes& classes,
                                             PValueTails tails, std::size_t threads) const {
  Matrix<double> p_values(evaluation.rows(), evaluation.cols());
  for (const auto& [label, rows] : inputs_by_class(classes, evaluation.rows(), "evaluation")) {
    const auto clean = sorted_.find(label);
    ensure(clean != sorted_.end(),
           "background classes: expected inputs of class {}, which inputs to be scanned have, found none; "
           "give a larger background",
           label);
    const SortedBackground<T>& sorted = clean->second;
    const auto numerators = sorted.tail_numerators(rows_of(evaluation, rows), tails, threads);
    const double whole = sorted.denominator();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::transform(numerators.row(i), numerators.row(i) + numerators.cols(),
                     p_values.row(rows[i]), [whole](std::uint32_t count) { return count / whole; });
    }
  }
  return p_values;
}

ClassScan scan_within_classes(const ScanPool& pool, const std::vector<std::size_t>& inputs,
                              const Classes& classes, Seed seed) {
  ensure_classes(classes, pool.p_values().inputs(), "evaluation");
  pool.p_values().ensure_holds(inputs);
  InputsByClass places;
  for (std::size_t i = 0; i < inputs.size(); ++i) places[classes[inputs[i]]].push_back(i);
  std::optional<ClassScan> best;
  std::size_t half_steps = 0;
  for (const auto& [label, of_class] : places) {
    std::vector<std::size_t> members;
    for (const std::size_t place : of_class) members.push_back(inputs[place]);
    ScanResult found =
        pool.scan(members, seed.child("class").child(static_cast<std::uint64_t>(label)));
    half_steps += found.half_steps;
    if (best && found.score <= best->result.score) continue;
    for (std::uint32_t& input : found.inputs) input = static_cast<std::uint32_t>(of_class[input]);
    best = ClassScan{std::move(found), {}};
    if (best->result.alpha) best->label = label;
  }
  best->result.half_steps = half_steps;
  return std::move(*best);  // there is an input, so there is a class
}

template class ClassBackgrounds<float>;
template class ClassBackgrounds<double>;

}  // namespace deepmine
