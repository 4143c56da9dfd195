#include "framework/detect/scaled_regression.h"

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/learnt.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/stratified_folds.h"

namespace deepmine {
namespace {

constexpr std::size_t kFolds = 5;

Matrix<double> stacked(const Matrix<double>& above, const Matrix<double>& below) {
  std::vector<double> values(above.data(), above.data() + above.size());
  values.insert(values.end(), below.data(), below.data() + below.size());
  return {above.rows() + below.rows(), above.cols(), std::move(values)};
}

Matrix<double> scaled(const Matrix<double>& rows, const std::vector<double>& lows, const std::vector<double>& spans) {
  Matrix<double> result(rows.rows(), rows.cols());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = 0; j < rows.cols(); ++j) result(i, j) = (rows(i, j) - lows[j]) / spans[j];
  }
  return result;
}

}  // namespace

ScaledRegression ScaledRegression::fit(const Matrix<double>& normal, const Matrix<double>& adversarial,
                                       std::size_t threads) {
  ensure(normal.rows() >= kFolds && adversarial.rows() >= kFolds,
         "expected {} normal and {} adversarial inputs or more to learn "
         "from, found {} and {}; give more",
         kFolds, kFolds, normal.rows(), adversarial.rows());
  ensure_rows(normal, "features of clean inputs");
  ensure_rows_like(adversarial, normal.cols(), "features of adversarial inputs");
  const Matrix<double> rows = stacked(normal, adversarial);
  ScaledRegression fitted;
  for (std::size_t j = 0; j < rows.cols(); ++j) {
    double low = rows(0, j), high = low;
    for (std::size_t i = 1; i < rows.rows(); ++i) low = std::min(low, rows(i, j)), high = std::max(high, rows(i, j));
    fitted.lows.push_back(low);
    fitted.spans.push_back(high > low ? high - low : 1);
  }
  std::vector<std::int64_t> labels(normal.rows(), 0);
  labels.resize(rows.rows(), 1);
  const std::vector<std::uint8_t> positive(labels.begin(), labels.end());
  fitted.regression = choose_logistic_regression(scaled(rows, fitted.lows, fitted.spans), positive,
                                                 stratified_folds(labels, kFolds), logistic_strengths(), threads)
                          .model;
  return fitted;
}

std::vector<double> ScaledRegression::log_odds(const Matrix<double>& rows) const {
  ensure_rows_like(rows, lows.size(), "features");
  return regression.decisions(scaled(rows, lows, spans));
}

void ScaledRegression::keep(Npz& content) const {
  content.arrays["lows"] = {{lows.size()}, lows};
  content.arrays["spans"] = {{spans.size()}, spans};
  content.arrays["weights"] = {{regression.weights.size()}, regression.weights};
  content.arrays["bias"] = {{1}, std::vector<double>{regression.bias}};
}

ScaledRegression ScaledRegression::kept(const Npz& content) {
  const auto numbers = [&](const char* name) {
    std::vector<double> values = matrix_in<double>(content, name).take();
    ensure(std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }),
           "{}: expected finite numbers in what the detector has learnt, found others", name);
    return values;
  };
  ScaledRegression found{numbers("lows"), numbers("spans"), {}};
  const std::vector<double> bias = numbers("bias");
  found.regression.weights = numbers("weights");
  ensure(bias.size() == 1 && !found.lows.empty() && found.spans.size() == found.lows.size() &&
             found.regression.weights.size() == found.lows.size(),
         "expected a weight, a low and a span of each feature, found {}, {} and {}", found.regression.weights.size(),
         found.lows.size(), found.spans.size());
  found.regression.bias = bias.front();
  return found;
}

}  // namespace deepmine
