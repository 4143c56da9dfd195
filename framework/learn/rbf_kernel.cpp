#include "framework/learn/rbf_kernel.h"

#include <Eigen/Core>
#include <algorithm>
#include <cassert>

namespace deepmine {
namespace {

constexpr std::size_t kBlock = 256;  ///< points whose values stay in the nearest cache

/// squares[p] += the squared difference of one feature.
void add_squares(const double* feature, double x, std::size_t count, double* squares) {
  for (std::size_t p = 0; p < count; ++p) squares[p] += (feature[p] - x) * (feature[p] - x);
}

/// The same of four features, which spares three of four ways to memory.
void add_squares(const double* const features[4], const double* x, std::size_t count, double* squares) {
  const double *f0 = features[0], *f1 = features[1], *f2 = features[2], *f3 = features[3];
  for (std::size_t p = 0; p < count; ++p) {
    const double d0 = f0[p] - x[0], d1 = f1[p] - x[1], d2 = f2[p] - x[2], d3 = f3[p] - x[3];
    squares[p] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
  }
}

/// K(x, point) of a block of points from `begin` on, to `values`, which is aligned: else vector and plain code would
/// take turns by address.
void block_values(const Matrix<double>& features, double gamma, const double* x, std::size_t begin, std::size_t count,
                  double* values) {
  std::fill_n(values, kBlock, 0.0);  // all, so that no point is one of a remainder
  std::size_t j = 0;
  for (; j + 4 <= features.rows(); j += 4) {
    const double* const four[4] = {features.row(j) + begin, features.row(j + 1) + begin, features.row(j + 2) + begin,
                                   features.row(j + 3) + begin};
    add_squares(four, x + j, count, values);
  }
  for (; j < features.rows(); ++j) add_squares(features.row(j) + begin, x[j], count, values);
  Eigen::Map<Eigen::Array<double, kBlock, 1>, Eigen::Aligned16> block(values);
  block = (-gamma * block).exp();
}

}  // namespace

RbfKernel::RbfKernel(MatrixView<double> points, double gamma)
    : features_(points.cols(), points.rows()), gamma_(gamma) {
  for (std::size_t i = 0; i < points.rows(); ++i) {
    for (std::size_t j = 0; j < points.cols(); ++j) features_(j, i) = points(i, j);
  }
}

void RbfKernel::values(const double* x, double* values) const {
  alignas(16) double block[kBlock];
  for (std::size_t begin = 0; begin < points(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, points() - begin);
    block_values(features_, gamma_, x, begin, count, block);
    std::copy_n(block, count, values + begin);
  }
}

double RbfKernel::weighted_sum(const double* x, const std::vector<double>& weights) const {
  assert(weights.size() == points());
  alignas(16) double block[kBlock];
  double sum = 0;
  for (std::size_t begin = 0; begin < points(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, points() - begin);
    block_values(features_, gamma_, x, begin, count, block);
    for (std::size_t p = 0; p < count; ++p) sum += weights[begin + p] * block[p];
  }
  return sum;
}

KernelCache::KernelCache(MatrixView<double> points, double gamma, std::size_t bytes)
    : points_(points), kernel_(points, gamma), place_(points.rows(), kept_.end()) {
  capacity_ = std::max<std::size_t>(2, bytes / (sizeof(double) * std::max<std::size_t>(1, points.rows())));
}

const double* KernelCache::row(std::size_t i) {
  if (place_[i] != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, place_[i]);
    return kept_.front().values.data();
  }
  if (kept_.size() < capacity_) {
    kept_.push_front({i, std::vector<double>(points_.rows())});
  } else {
    place_[kept_.back().point] = kept_.end();
    kept_.splice(kept_.begin(), kept_, std::prev(kept_.end()));
    kept_.front().point = i;
  }
  place_[i] = kept_.begin();
  kernel_.values(points_.row(i), kept_.front().values.data());
  ++computed_;
  return kept_.front().values.data();
}

}  // namespace deepmine
