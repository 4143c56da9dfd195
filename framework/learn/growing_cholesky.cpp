#include "framework/learn/growing_cholesky.h"

#include <cassert>
#include <cmath>

#include "framework/learn/eigen_view.h"

namespace deepmine {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b, std::size_t size) {
  using Values = Eigen::Map<const Eigen::VectorXd>;
  return Values(a.data(), eigen_size(size)).dot(Values(b.data(), eigen_size(size)));
}

}  // namespace

void GrowingCholesky::solve_lower(std::vector<double>& b) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) b[i] = (b[i] - dot(rows_[i], b, i)) / rows_[i][i];
}

bool GrowingCholesky::add(std::vector<double> column, double diagonal, double least) {
  assert(column.size() == rows_.size());
  solve_lower(column);
  const double rest = diagonal - dot(column, column, column.size());
  if (!(rest > least * diagonal)) return false;
  column.push_back(std::sqrt(rest));
  rows_.push_back(std::move(column));
  return true;
}

void GrowingCholesky::remove(std::size_t at) {
  std::vector<double> lost(rows_.size() - 1, 0.0);  // what the rows below had in the column
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(at));
  for (std::size_t i = at; i < rows_.size(); ++i) {
    lost[i] = rows_[i][at];
    rows_[i].erase(rows_[i].begin() + static_cast<std::ptrdiff_t>(at));
  }
  for (std::size_t j = at; j < rows_.size(); ++j) {  // L L' + lost lost', one rotation a column
    const double before = rows_[j][j];
    rows_[j][j] = std::hypot(before, lost[j]);
    const double cosine = rows_[j][j] / before, sine = lost[j] / before;
    for (std::size_t i = j + 1; i < rows_.size(); ++i) {
      rows_[i][j] = (rows_[i][j] + sine * lost[i]) / cosine;
      lost[i] = cosine * lost[i] - sine * rows_[i][j];
    }
  }
}

std::vector<double> GrowingCholesky::solve(std::vector<double> b) const {
  assert(b.size() == rows_.size());
  solve_lower(b);
  for (std::size_t i = rows_.size(); i-- > 0;) {
    b[i] /= rows_[i][i];
    for (std::size_t j = 0; j < i; ++j) b[j] -= rows_[i][j] * b[i];
  }
  return b;
}

}  // namespace deepmine
