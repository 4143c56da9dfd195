#pragma once

#include <cstddef>
#include <vector>

namespace deepmine {

/// The Cholesky factor L of a positive definite matrix that gains and loses rows. Each costs O(k^2) for k rows.
class GrowingCholesky {
 public:
  std::size_t size() const { return rows_.size(); }
  /// Adds a last row and column: `column` [k] is what it has in common with the others, `diagonal` its own entry.
  /// Leaves all as it is and returns false where the row depends on the others: what it adds is at most `least` of
  /// `diagonal`.
  bool add(std::vector<double> column, double diagonal, double least = 1e-11);
  /// Takes row and column `at` out.
  void remove(std::size_t at);
  /// The x [k] with L L' x = b.
  std::vector<double> solve(std::vector<double> b) const;

 private:
  /// b becomes the x with L x = b.
  void solve_lower(std::vector<double>& b) const;

  std::vector<std::vector<double>> rows_;  ///< the i-th has i + 1 entries
};

}  // namespace deepmine
