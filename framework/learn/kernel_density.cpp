#include "framework/learn/kernel_density.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/eigen_view.h"
#include "framework/learn/selected_rows.h"

namespace deepmine {
namespace {

constexpr std::size_t kBlock = 16;  ///< rows a thread takes at once
constexpr double kHalfLogTwoPi = 0.91893853320467274178;

/// log(sum exp(-square / (2 h^2)))
double log_sum(const Eigen::ArrayXd& squares, double bandwidth) {
  const double least = squares.minCoeff();
  return std::log(((least - squares) / (2 * bandwidth * bandwidth)).exp().sum()) - least / (2 * bandwidth * bandwidth);
}

}  // namespace

KernelDensity KernelDensity::fit(MatrixView<double> points, double bandwidth) {
  ensure_rows(points, "points of a density");
  ensure(std::isfinite(bandwidth) && bandwidth > 0, "bandwidth: expected a number above 0, found {}", bandwidth);
  return {Matrix<double>(points.rows(), points.cols(),
                         std::vector<double>(points.data(), points.data() + points.size())),
          bandwidth};
}

std::vector<double> KernelDensity::log_density(MatrixView<double> rows, std::size_t threads) const {
  ensure_rows_like(rows, points.cols(), "features of a density");
  const double scale = static_cast<double>(points.cols()) * (std::log(bandwidth) + kHalfLogTwoPi) +
                       std::log(static_cast<double>(points.rows()));
  std::vector<double> result(rows.rows());
  parallel_blocks(rows.rows(), kBlock, threads, [&](std::size_t begin, std::size_t end) {
    Eigen::ArrayXd squares(eigen_size(points.rows()));
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < points.rows(); ++j) {
        squares(eigen_size(j)) = squared_distance(rows.row(i), points.row(j), points.cols());
      }
      result[i] = log_sum(squares, bandwidth) - scale;
    }
  });
  return result;
}

ClassKernelDensity ClassKernelDensity::fit(MatrixView<double> points, const std::vector<std::int64_t>& labels,
                                           double bandwidth) {
  ensure_rows(points, "points of a density");
  ensure_one_each(points.rows(), labels.size(), "labels");
  ClassKernelDensity fitted;
  for (const auto& [kind, own] : rows_by_class(labels)) {
    fitted.classes.push_back(kind);
    fitted.densities.push_back(KernelDensity::fit(selected_rows(points, own), bandwidth));
  }
  return fitted;
}

std::vector<double> ClassKernelDensity::log_density(MatrixView<double> rows,
                                                    const std::vector<std::int64_t>& classes_of_rows,
                                                    std::size_t threads) const {
  if (!densities.empty()) ensure_rows_like(rows, densities.front().points.cols(), "features of a density");
  ensure_one_each(rows.rows(), classes_of_rows.size(), "labels");
  std::vector<double> result(rows.rows(), -std::numeric_limits<double>::infinity());
  for (const auto& [kind, own] : rows_by_class(classes_of_rows)) {
    const auto place = std::lower_bound(classes.begin(), classes.end(), kind);
    if (place == classes.end() || *place != kind) continue;
    const KernelDensity& density = densities[static_cast<std::size_t>(place - classes.begin())];
    const std::vector<double> values = density.log_density(selected_rows(rows, own), threads);
    for (std::size_t i = 0; i < own.size(); ++i) result[own[i]] = values[i];
  }
  return result;
}

double scott_bandwidth(const std::vector<double>& values) {
  ensure(values.size() >= 2, "bandwidth: expected at least 2 values, found {}", values.size());
  ensure_rows({values.data(), values.size(), 1}, "values of a density");
  const auto n = static_cast<double>(values.size());
  const Eigen::ArrayXd rest = eigen_view(values).array() - eigen_view(values).mean();
  const double bandwidth = std::sqrt(rest.square().sum() / (n - 1)) * std::pow(n, -0.2);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  ensure(*low < *high && bandwidth > 0, "bandwidth: expected values that differ, found {} of them equal to {}",
         values.size(), *low);
  return bandwidth;
}

double overlap_coefficient(const std::vector<double>& a, const std::vector<double>& b,
                           const std::vector<double>& grid) {
  ensure(a.size() == grid.size() && b.size() == grid.size(),
         "overlap: expected a value of both densities at each of {} places, found {} and {}", grid.size(), a.size(),
         b.size());
  double area = 0;
  for (std::size_t i = 1; i < grid.size(); ++i) {
    ensure(grid[i] > grid[i - 1], "overlap: expected ascending places, found {} after {}", grid[i], grid[i - 1]);
    area += (grid[i] - grid[i - 1]) * (std::min(a[i], b[i]) + std::min(a[i - 1], b[i - 1])) / 2;
  }
  return area;
}

}  // namespace deepmine
