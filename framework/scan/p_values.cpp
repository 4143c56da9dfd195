#include "framework/scan/p_values.h"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/scan/rank_kernels.h"

namespace deepmine {
namespace {

// Nodes are taken in blocks that fill a cache line of a row, so that a row is fetched once a block.
constexpr std::size_t kNodeBlock = 16;

template <typename T>
using SortKey = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// The bits below the sign, turned over for negative numbers; its own inverse.
template <typename Key>
Key ordered(Key bits) {
  return bits < 0 ? bits ^ std::numeric_limits<Key>::max() : bits;
}

/// A whole number that is ordered as `value` is, -0.0 as 0.0. Highway 1.0.3 sorts whole numbers right,
/// but not always floats: columns that repeat their maximum come out unsorted just below it, and it
/// reads beyond columns of zeros of both signs.
template <typename T>
SortKey<T> sort_key(T value) {
  const T unsigned_zero = value + T{0};
  SortKey<T> bits;
  std::memcpy(&bits, &unsigned_zero, sizeof bits);
  return ordered(bits);
}

template <typename T>
T of_sort_key(SortKey<T> key) {
  const SortKey<T> bits = ordered(key);
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// By the bits, so that it takes no branch: those of infinity and NaN are the largest below the sign.
template <typename T>
bool all_finite(const T* values, std::size_t n) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  SortKey<T> largest = 0, infinity;
  std::memcpy(&infinity, &kInfinity, sizeof infinity);
  for (std::size_t i = 0; i < n; ++i) {
    SortKey<T> bits;
    std::memcpy(&bits, values + i, sizeof bits);
    largest = std::max(largest, bits & std::numeric_limits<SortKey<T>>::max());
  }
  return largest < infinity;
}

template <typename T>
void ensure_finite(MatrixView<T> activations, std::string_view name, std::size_t threads) {
  parallel_blocks(activations.rows(), 64, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (all_finite(activations.row(i), activations.cols())) continue;
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
  ensure(background.rows() < std::numeric_limits<std::int32_t>::max(),
         "background: expected fewer than 2^31 - 1 inputs, found {}; draw a sample of them",
         background.rows());
  ensure_finite(background, "background", threads);
}

template <typename T>
void ensure_nodes(MatrixView<T> evaluation, std::size_t nodes) {
  ensure(evaluation.cols() == nodes,
         "evaluation: expected {} nodes as in the background, found {}; take both from the same "
         "layer",
         nodes, evaluation.cols());
}

template <typename T>
void ensure_evaluation(MatrixView<T> evaluation, std::size_t nodes, std::size_t threads) {
  ensure_nodes(evaluation, nodes);
  ensure_finite(evaluation, "evaluation", threads);
}

/// The largest numerator whose p-value is at most alpha.
std::uint32_t largest_numerator(double alpha, std::uint32_t denominator) {
  const double whole = denominator;
  auto numerator = static_cast<std::uint32_t>(alpha * whole);
  while (numerator < denominator && (numerator + 1) / whole <= alpha) ++numerator;
  while (numerator > 0 && numerator / whole > alpha) --numerator;
  return numerator;
}

}  // namespace

template <typename T>
SortedBackground<T>::SortedBackground(MatrixView<T> background, std::size_t threads) {
  ensure_background(background, threads);
  sorted_ = Matrix<T>(background.cols(), background.rows());
  parallel_blocks(nodes(), kNodeBlock, threads, [&](std::size_t begin, std::size_t end) {
    Matrix<SortKey<T>> keys(end - begin, inputs());
    for (std::size_t i = 0; i < inputs(); ++i) {
      for (std::size_t j = begin; j < end; ++j) keys(j - begin, i) = sort_key(background(i, j));
    }
    hwy::Sorter sorter;
    for (std::size_t j = begin; j < end; ++j) {
      SortKey<T>* node = keys.row(j - begin);
      sorter(node, inputs(), hwy::SortAscending());
      std::transform(node, node + inputs(), sorted_.row(j), of_sort_key<T>);
    }
  });
}

template <typename T>
Matrix<T> SortedBackground<T>::activations() const {
  Matrix<T> found(inputs(), nodes());
  for (std::size_t j = 0; j < nodes(); ++j) {
    for (std::size_t i = 0; i < inputs(); ++i) found(i, j) = sorted_(j, i);
  }
  return found;
}

template <typename T>
Matrix<std::uint32_t> SortedBackground<T>::numerators(MatrixView<T> evaluation, PValueEnd end,
                                                      std::size_t threads) const {
  ensure_evaluation(evaluation, nodes(), threads);
  const bool upper = end == PValueEnd::kUpper;
  const auto most = static_cast<std::uint32_t>(inputs() + (upper ? 1 : 0));
  Matrix<std::uint32_t> result(evaluation.rows(), nodes());
  parallel_blocks(nodes(), kNodeBlock, threads, [&](std::size_t first, std::size_t last) {
    // Node by node on a copy: rows of 2^k bytes would evict each other from the cache.
    Matrix<T> columns(last - first, evaluation.rows());
    Matrix<std::uint32_t> counts(last - first, evaluation.rows());
    for (std::size_t i = 0; i < evaluation.rows(); ++i) {
      for (std::size_t j = first; j < last; ++j) columns(j - first, i) = evaluation(i, j);
    }
    for (std::size_t j = first; j < last; ++j) {
      kernels::rank(node(j), inputs(), columns.row(j - first), evaluation.rows(), !upper,
                    counts.row(j - first));
    }
    for (std::size_t i = 0; i < evaluation.rows(); ++i) {
      for (std::size_t j = first; j < last; ++j) result(i, j) = most - counts(j - first, i);
    }
  });
  return result;
}

template <typename T>
Matrix<std::uint32_t> SortedBackground<T>::tail_numerators(MatrixView<T> evaluation,
                                                           PValueTails tails,
                                                           std::size_t threads) const {
  Matrix<std::uint32_t> large = numerators(evaluation, PValueEnd::kUpper, threads);
  if (tails == PValueTails::kUpper) return large;
  const Matrix<std::uint32_t> larger = numerators(evaluation, PValueEnd::kLower, threads);
  const std::uint32_t whole = denominator();
  std::transform(large.data(), large.data() + large.size(), larger.data(), large.data(),
                 [whole](std::uint32_t upper, std::uint32_t above) {
                   const std::uint32_t lower = whole - above;  // not larger, and itself
                   const std::uint64_t both = 2 * std::uint64_t{std::min(upper, lower)};
                   return static_cast<std::uint32_t>(std::min<std::uint64_t>(whole, both));
                 });
  return large;
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

template <typename T>
bool CriticalValues<T>::fits(const AlphaGrid& grid) {
  return !grid.is_exact() && grid.linear_alphas().size() <= 255;
}

template <typename T>
CriticalValues<T>::CriticalValues(const SortedBackground<T>& background, const AlphaGrid& grid,
                                  std::size_t threads)
    : grid_(grid), nodes_(background.nodes()), stride_((nodes_ + kNodeBlock - 1) / kNodeBlock * kNodeBlock) {
  if (!fits(grid)) throw std::logic_error("critical values: expected a linear grid of 255 levels");
  const std::vector<double> alphas = grid.linear_alphas();
  limits_ = hwy::AllocateAligned<T>(alphas.size() * stride_);
  if (!limits_) throw std::bad_alloc();
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  std::fill_n(limits_.get(), alphas.size() * stride_, kInfinity);
  const std::uint32_t denominator = background.denominator();
  std::vector<std::uint32_t> largest;
  for (double alpha : alphas) largest.push_back(largest_numerator(alpha, denominator));
  parallel_blocks(nodes_, kNodeBlock, threads, [&](std::size_t first, std::size_t last) {
    for (std::size_t j = first; j < last; ++j) {
      for (std::size_t level = 0; level < largest.size(); ++level) {
        // At most k of M + 1 means fewer than k background activations at or above: more than the
        // k-th largest of them.
        const std::uint32_t k = largest[level];
        T& limit = limits_[level * stride_ + j];
        if (k == denominator) limit = -kInfinity;
        if (k > 0 && k < denominator) limit = background.node(j)[background.inputs() - k];
      }
    }
  });
}

template <typename T>
PValueMatrix CriticalValues<T>::levels(MatrixView<T> evaluation, std::size_t threads) const {
  ensure_nodes(evaluation, nodes_);
  Matrix<std::uint8_t> levels(evaluation.rows(), nodes_);
  const std::size_t steps = grid_.linear_alphas().size();
  std::atomic<bool> finite{true};
  parallel_blocks(evaluation.rows(), 64, threads, [&](std::size_t first, std::size_t last) {
    const kernels::LimitJob<T> job{limits_.get(), steps, stride_, evaluation.row(first),
                                   last - first, nodes_, levels.row(first)};
    if (!kernels::count_limits(job)) finite = false;
  });
  if (!finite) ensure_finite(evaluation, "evaluation", threads);
  return PValueMatrix::of_linear_levels(grid_, std::move(levels));
}

template class SortedBackground<float>;
template class SortedBackground<double>;
template class CriticalValues<float>;
template class CriticalValues<double>;

}  // namespace deepmine
