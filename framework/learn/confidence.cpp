#include "framework/learn/confidence.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/learn/checked_rows.h"

namespace deepmine {
namespace {

/// -log(1 + sum of exp((z_k - z_max) / T) over the others)
double log_confidence(const double* logits, std::size_t classes, double temperature) {
  const double* largest = std::max_element(logits, logits + classes);
  double others = 0;
  for (const double* logit = logits; logit != logits + classes; ++logit) {
    if (logit != largest) others += std::exp((*logit - *largest) / temperature);
  }
  return -std::log1p(others);
}

}  // namespace

std::vector<double> log_confidences(MatrixView<double> logits, double temperature) {
  ensure(std::isfinite(temperature) && temperature > 0, "temperature: expected a number above 0, found {}",
         temperature);
  ensure(logits.cols() > 0, "logits: expected at least one class, found none");
  ensure_rows_like(logits, logits.cols(), "logits");
  std::vector<double> result(logits.rows());
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = log_confidence(logits.row(i), logits.cols(), temperature);
  }
  return result;
}

}  // namespace deepmine
