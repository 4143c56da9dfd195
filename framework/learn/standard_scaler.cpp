#include "framework/learn/standard_scaler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/learn/checked_rows.h"

namespace deepmine {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;  ///< of the population; 0 for what counts as constant
};

/// Of `count` values that lie `stride` apart, in two passes; the second corrects the rounding of the first.
Moments moments_of(const double* values, std::size_t count, std::size_t stride) {
  const auto n = static_cast<double>(count);
  double sum = 0, low = values[0], high = values[0];
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values[i * stride];
    sum += value, low = std::min(low, value), high = std::max(high, value);
  }
  if (low == high) return {low, 0};
  double mean = sum / n, rest = 0, squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = values[i * stride] - mean;
    rest += difference, squares += difference * difference;
  }
  const double variance = std::max(0.0, squares - rest * rest / n) / n;
  mean += rest / n;
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double rounding = n * kEpsilon * variance + std::pow(n * mean * kEpsilon, 2);
  return {mean, variance <= rounding ? 0 : variance};
}

}  // namespace

StandardScaler StandardScaler::fit(MatrixView<double> rows) {
  ensure_rows(rows, "features to scale");
  StandardScaler scaler;
  for (std::size_t j = 0; j < rows.cols(); ++j) {
    const Moments moments = moments_of(rows.data() + j, rows.rows(), rows.cols());
    scaler.means.push_back(moments.mean);
    scaler.scales.push_back(moments.variance > 0 ? std::sqrt(moments.variance) : 1);
  }
  return scaler;
}

Matrix<double> StandardScaler::transform(MatrixView<double> rows) const {
  ensure_rows_like(rows, means.size(), "features to scale");
  Matrix<double> scaled(rows.rows(), rows.cols());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = 0; j < rows.cols(); ++j) scaled(i, j) = (rows(i, j) - means[j]) / scales[j];
  }
  return scaled;
}

double scale_gamma(MatrixView<double> rows) {
  ensure_rows(rows, "features of a kernel");
  const double variance = moments_of(rows.data(), rows.size(), 1).variance;
  return variance > 0 ? 1 / (static_cast<double>(rows.cols()) * variance) : 1;
}

}  // namespace deepmine
