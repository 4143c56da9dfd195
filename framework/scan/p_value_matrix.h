#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/scan/alpha_grid.h"

namespace deepmine {

/// P-values [inputs x nodes], each kept only as its level: the index of the smallest alpha of the
/// grid that is at least the p-value, or the number of alphas when it lies above all of them. That
/// is all a scan needs, in one byte per p-value for up to 255 alphas, in two or four beyond.
///
/// Test sets are drawn again and again from the same inputs: build one matrix of all inputs, then
/// `gather` the rows of each test set.
class PValueMatrix {
 public:
  using Levels = std::variant<Matrix<std::uint8_t>, Matrix<std::uint16_t>, Matrix<std::uint32_t>>;

  /// Throws `Error` when `p_values` is empty or holds anything outside (0, 1].
  PValueMatrix(MatrixView<double> p_values, const AlphaGrid& grid);
  /// From p-values numerator / denominator, divided in double. Throws `Error` when `numerators` is
  /// empty or holds anything outside [1, denominator].
  PValueMatrix(MatrixView<std::uint32_t> numerators, std::uint32_t denominator,
               const AlphaGrid& grid);

  /// From levels found some other way, on a linear grid of up to 255 steps; not empty.
  static PValueMatrix of_linear_levels(const AlphaGrid& grid, Matrix<std::uint8_t> levels);

  /// The matrix of the given inputs, in that order, repeats allowed; the same as building it from
  /// their p-values: an exact grid keeps only the alphas that these inputs attain.
  PValueMatrix gather(const std::vector<std::size_t>& inputs) const;

  /// Throws `Error` unless a test set of these inputs can be drawn: at least one, all of them here.
  void ensure_holds(const std::vector<std::size_t>& inputs) const;

  std::size_t inputs() const;
  std::size_t nodes() const;
  const AlphaGrid& grid() const { return grid_; }
  /// The alphas, ascending; empty when no p-value is at most alpha_max (exact grid).
  const std::vector<double>& alphas() const { return alphas_; }
  const Levels& levels() const { return levels_; }
  std::uint32_t level(std::size_t input, std::size_t node) const;

 private:
  PValueMatrix(const AlphaGrid& grid, std::vector<double> alphas, Levels levels);

  AlphaGrid grid_;
  std::vector<double> alphas_;
  Levels levels_;
};

}  // namespace deepmine
