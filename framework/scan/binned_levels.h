#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/scan/bit_slices.h"
#include "framework/scan/p_value_matrix.h"
#include "framework/scan/start.h"

namespace deepmine {

/// A p-value matrix laid out for half steps. Consecutive levels share a bin, so that one pass over
/// the bit-sliced bins counts the p-values up to every bin; both orientations are kept, so that it
/// reads the selected items only. A grid of up to 255 alphas has one level per bin; in a longer one
/// (exact) bins are about equally wide in sqrt(alpha), and the cells of each level are listed as
/// well.
class BinnedLevels {
 public:
  /// Where a p-value lies: which records it belongs to.
  struct Cell {
    std::uint32_t input, node;
    std::uint32_t on(Axis axis) const { return axis == Axis::kInputs ? input : node; }
  };

  /// `group` consecutive nodes are one record of their axis; it divides the number of nodes.
  explicit BinnedLevels(const PValueMatrix& p_values, std::size_t group = 1);
  /// From `levels` of up to 255 alphas, as `slices_of` gives them: nodes are records.
  BinnedLevels(BitSlices of_nodes, std::size_t levels, std::size_t group);
  /// The bins of `p_values`, of which inputs can be gathered.
  static BitSlices slices_of(const PValueMatrix& p_values);
  /// Whether each level of `p_values` has a bin of its own.
  static bool level_per_bin(const PValueMatrix& p_values);

  std::size_t group() const { return group_; }
  /// The records of `axis`: inputs, or nodes or groups of them.
  std::size_t count(Axis axis) const {
    return axis == Axis::kInputs ? of_inputs_.records() : of_nodes_.records() / group_;
  }
  /// The inputs or nodes of some records of `axis`.
  std::vector<std::uint32_t> members(Axis axis, const std::vector<std::uint32_t>& records) const;
  /// The inputs or nodes of `axis` over those of the other; `bin_count()` stands for "above alpha_max".
  const BitSlices& slices(Axis axis) const {
    return axis == Axis::kInputs ? of_inputs_ : of_nodes_;
  }
  std::size_t bin_count() const { return first_level_.size() - 1; }
  /// Bin b holds the levels from first_level(b) to first_level(b + 1) - 1, at least one.
  std::size_t first_level(std::size_t bin) const { return first_level_[bin]; }
  std::size_t width(std::size_t bin) const { return first_level_[bin + 1] - first_level_[bin]; }

  /// The cells of one level; kept only when some bin is wider than one level.
  const Cell* begin_cells(std::size_t level) const { return cells_.data() + first_cell_[level]; }
  const Cell* end_cells(std::size_t level) const { return begin_cells(level + 1); }

 private:
  void list_cells(const PValueMatrix& p_values);

  std::size_t group_;
  std::vector<std::size_t> first_level_;
  BitSlices of_nodes_;
  BitSlices of_inputs_;
  std::vector<std::size_t> first_cell_;
  std::vector<Cell> cells_;
};

}  // namespace deepmine
