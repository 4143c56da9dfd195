#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/core/spec.h"
#include "framework/detect/learnt.h"
#include "framework/detect/read_layer.h"
#include "framework/learn/kernel_density.h"

namespace deepmine {

/// Options of detectors that stand on a kernel density of each class.
struct DensityOptions {
  double bandwidth = 1;
  std::string layer = ReadLayer::kLogits;

  void describe(Fields& fields) {
    fields.add({"bandwidth", &bandwidth, "of the features", "standard deviation of the Gaussian around each clean "
                "input", "uniform-svdd, for SVHN", {0, 1e9, true}});
    fields.add({"layer", &layer, "", "the layer it reads, channels by their means; the paper takes the last hidden one",
                "ours"});
  }
};

/// Puts a density into what a detector has learnt: the points, and the class of each.
inline void keep(const ClassKernelDensity& density, Npz& content) {
  std::vector<double> points;
  std::vector<std::int64_t> classes;
  for (std::size_t c = 0; c < density.classes.size(); ++c) {
    const Matrix<double>& own = density.densities[c].points;
    points.insert(points.end(), own.data(), own.data() + own.size());
    classes.insert(classes.end(), own.rows(), density.classes[c]);
  }
  const std::size_t rows = classes.size();
  content.arrays["points"] = {{rows, rows == 0 ? 0 : points.size() / rows}, points};
  content.arrays["classes of points"] = {{rows}, classes};
}

/// Takes it out again. Throws `Error` for what `keep` did not put there.
inline ClassKernelDensity kept_density(const Npz& content, double bandwidth) {
  return ClassKernelDensity::fit(matrix_in<double>(content, "points"),
                                 matrix_in<std::int64_t>(content, "classes of points").take(), bandwidth);
}

}  // namespace deepmine
