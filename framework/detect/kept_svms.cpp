#include "framework/detect/kept_svms.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/learnt.h"

namespace deepmine {
namespace {

enum Number { kGamma, kLowest, kHighest, kNumbers };  ///< of a machine

/// Machines as they lie in an archive, one class after the other.
struct Kept {
  std::vector<std::int64_t> kinds, sizes;  ///< [C]: the classes, and how many support vectors each has
  Matrix<double> numbers, means, scales;   ///< [C x 3], [C x d], [C x d]
  std::vector<double> support, alphas;     ///< [S x d], [S]
};

void append(const Matrix<double>& rows, std::vector<double>& values) {
  values.insert(values.end(), rows.data(), rows.data() + rows.size());
}

std::vector<double> row_of(const Matrix<double>& matrix, std::size_t row) {
  return {matrix.row(row), matrix.row(row) + matrix.cols()};
}

bool finite(const double* values, std::size_t count) {
  return std::all_of(values, values + count, [](double value) { return std::isfinite(value); });
}

void check(const Kept& kept) {
  const std::size_t classes = kept.kinds.size(), features = kept.means.cols();
  std::size_t rows = 0;
  for (const std::int64_t size : kept.sizes) {
    ensure(size >= 0 && static_cast<std::size_t>(size) <= kept.alphas.size(),
           "machines: expected at most {} support vectors of "
           "a class, found {}",
           kept.alphas.size(), size);
    rows += static_cast<std::size_t>(size);
  }
  const bool fits = kept.sizes.size() == classes && kept.numbers.rows() == classes && kept.numbers.cols() == kNumbers &&
                    kept.means.rows() == classes && kept.scales.rows() == classes && kept.scales.cols() == features &&
                    kept.alphas.size() == rows && kept.support.size() == rows * features;
  ensure(fits, "machines: expected arrays of {} classes, {} features and {} support vectors, found others", classes,
         features, rows);
  for (const Matrix<double>* matrix : {&kept.numbers, &kept.means, &kept.scales}) {
    ensure(finite(matrix->data(), matrix->size()), "machines: expected finite numbers, found NaN or infinity");
  }
  ensure(finite(kept.support.data(), kept.support.size()) && finite(kept.alphas.data(), rows),
         "machines: expected finite support "
         "vectors, found NaN or infinity");
  ensure(std::is_sorted(kept.kinds.begin(), kept.kinds.end()), "machines: expected ascending classes, found others");
}

}  // namespace

void keep(const ClassSvms& svms, const std::string& name, Npz& content) {
  const std::size_t classes = svms.machines.size(),
                    features = classes == 0 ? 0 : svms.machines.front().scaler.means.size();
  Kept kept;
  kept.numbers = Matrix<double>(classes, kNumbers);
  kept.means = kept.scales = Matrix<double>(classes, features);
  for (std::size_t c = 0; c < classes; ++c) {
    const auto& [kind, scaler, svm] = svms.machines[c];
    kept.kinds.push_back(kind);
    kept.sizes.push_back(static_cast<std::int64_t>(svm.alphas.size()));
    kept.numbers(c, kGamma) = svm.gamma;
    kept.numbers(c, kLowest) = svm.lowest;
    kept.numbers(c, kHighest) = svm.highest;
    std::copy(scaler.means.begin(), scaler.means.end(), kept.means.row(c));
    std::copy(scaler.scales.begin(), scaler.scales.end(), kept.scales.row(c));
    append(svm.support, kept.support);
    kept.alphas.insert(kept.alphas.end(), svm.alphas.begin(), svm.alphas.end());
  }
  content.arrays["classes of " + name] = {{classes}, kept.kinds};
  content.arrays["sizes of " + name] = {{classes}, kept.sizes};
  content.arrays["numbers of " + name] = array_of(kept.numbers);
  content.arrays["means of " + name] = array_of(kept.means);
  content.arrays["scales of " + name] = array_of(kept.scales);
  content.arrays["support of " + name] = {{kept.alphas.size(), features}, kept.support};
  content.arrays["alphas of " + name] = {{kept.alphas.size()}, kept.alphas};
}

ClassSvms kept_svms(const Npz& content, const std::string& name) {
  const auto numbers = [&](const char* what) { return matrix_in<double>(content, what + name); };
  const auto whole = [&](const char* what) { return matrix_in<std::int64_t>(content, what + name).take(); };
  const Kept kept{whole("classes of "),        whole("sizes of "),    numbers("numbers of "),
                  numbers("means of "),        numbers("scales of "), numbers("support of ").take(),
                  numbers("alphas of ").take()};
  check(kept);
  const std::size_t features = kept.means.cols();
  ClassSvms svms;
  const double *support = kept.support.data(), *alphas = kept.alphas.data();
  for (std::size_t c = 0; c < kept.kinds.size(); ++c) {
    const auto size = static_cast<std::size_t>(kept.sizes[c]);
    ClassSvm machine{kept.kinds[c], {row_of(kept.means, c), row_of(kept.scales, c)}, {}};
    machine.svm.gamma = kept.numbers(c, kGamma);
    machine.svm.lowest = kept.numbers(c, kLowest);
    machine.svm.highest = kept.numbers(c, kHighest);
    machine.svm.support = Matrix<double>(size, features, std::vector<double>(support, support + size * features));
    machine.svm.alphas.assign(alphas, alphas + size);
    support += size * features;
    alphas += size;
    svms.machines.push_back(std::move(machine));
  }
  return svms;
}

}  // namespace deepmine
