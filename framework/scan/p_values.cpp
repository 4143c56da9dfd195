#include "framework/scan/p_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "framework/core/error.h"
#include "framework/scan/parallel_blocks.h"

namespace deepmine {
namespace {

// Nodes are taken in blocks that fill a cache line of a row, so that a row is fetched once a block.
constexpr std::size_t kNodeBlock = 16;

template <typename T>
void ensure_finite(MatrixView<T> activations, std::string_view name, std::size_t threads) {
  parallel_blocks(activations.rows(), 64, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < activations.cols(); ++j) {
        ensure(std::isfinite(activations(i, j)),
               "{} activations: expected finite numbers, found {} for input {} at node {}; check "
               "the network and its images, or leave that input out",
               name, activations(i, j), i, j);
      }
    }
  });
}

template <typename T>
void ensure_background(MatrixView<T> background, std::size_t threads) {
  ensure(background.rows() >= 1 && background.cols() >= 1,
         "background: expected at least one input and one node, found [{} x {}]; give the "
         "activations of clean inputs",
         background.rows(), background.cols());
  ensure(background.rows() < std::numeric_limits<std::uint32_t>::max(),
         "background: expected fewer than 2^32 - 1 inputs, found {}; draw a sample of them",
         background.rows());
  ensure_finite(background, "background", threads);
}

/// How many of the `size` ascending values come before the first for which `before` fails. Without
/// branches on the values, which would be mispredicted half the time.
template <typename T, typename Before>
std::size_t partition_point(const T* values, std::size_t size, Before before) {
  const T* begin = values;
  for (std::size_t rest = size; rest > 1;) {
    const std::size_t half = rest / 2;
    begin += half * static_cast<std::size_t>(before(begin[half - 1]));
    rest -= half;
  }
  return static_cast<std::size_t>(begin - values) + (before(*begin) ? 1 : 0);
}

template <typename T>
std::uint32_t numerator(const T* sorted, std::size_t size, T activation, PValueEnd end) {
  const bool upper = end == PValueEnd::kUpper;
  const std::size_t below =
      upper ? partition_point(sorted, size, [activation](T z) { return z < activation; })
            : partition_point(sorted, size, [activation](T z) { return z <= activation; });
  return static_cast<std::uint32_t>(size - below + (upper ? 1 : 0));
}

}  // namespace

template <typename T>
SortedBackground<T>::SortedBackground(MatrixView<T> background, std::size_t threads) {
  ensure_background(background, threads);
  sorted_ = Matrix<T>(background.cols(), background.rows());
  parallel_blocks(nodes(), kNodeBlock, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = 0; i < inputs(); ++i) {
      for (std::size_t j = begin; j < end; ++j) sorted_(j, i) = background(i, j);
    }
    for (std::size_t j = begin; j < end; ++j) {
      std::sort(sorted_.row(j), sorted_.row(j) + inputs());
    }
  });
}

template <typename T>
Matrix<std::uint32_t> SortedBackground<T>::numerators(MatrixView<T> evaluation, PValueEnd end,
                                                      std::size_t threads) const {
  ensure(evaluation.cols() == nodes(),
         "evaluation: expected {} nodes as in the background, found {}; take both from the same "
         "layer",
         nodes(), evaluation.cols());
  ensure_finite(evaluation, "evaluation", threads);
  Matrix<std::uint32_t> result(evaluation.rows(), nodes());
  parallel_blocks(nodes(), kNodeBlock, threads, [&](std::size_t first, std::size_t last) {
    // Node by node on a copy: rows of 2^k bytes would evict each other from the cache.
    Matrix<T> columns(last - first, evaluation.rows());
    Matrix<std::uint32_t> counts(last - first, evaluation.rows());
    for (std::size_t i = 0; i < evaluation.rows(); ++i) {
      for (std::size_t j = first; j < last; ++j) columns(j - first, i) = evaluation(i, j);
    }
    for (std::size_t j = first; j < last; ++j) {
      std::transform(columns.row(j - first), columns.row(j - first) + evaluation.rows(),
                     counts.row(j - first),
                     [&](T a) { return numerator(sorted_.row(j), inputs(), a, end); });
    }
    for (std::size_t i = 0; i < evaluation.rows(); ++i) {
      for (std::size_t j = first; j < last; ++j) result(i, j) = counts(j - first, i);
    }
  });
  return result;
}

template <typename T>
Matrix<double> SortedBackground<T>::p_values(MatrixView<T> evaluation, PValueEnd end,
                                             std::size_t threads) const {
  const Matrix<std::uint32_t> counts = numerators(evaluation, end, threads);
  Matrix<double> result(counts.rows(), counts.cols());
  const double whole = denominator();
  std::transform(counts.data(), counts.data() + counts.size(), result.data(),
                 [whole](std::uint32_t count) { return count / whole; });
  return result;
}

template class SortedBackground<float>;
template class SortedBackground<double>;

}  // namespace deepmine
