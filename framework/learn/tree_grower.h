#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"
#include "framework/learn/random_forest.h"

namespace deepmine {

/// The training rows of a forest, each feature's values replaced by their ranks: trees compare whole numbers.
struct RankedRows {
  Matrix<std::uint32_t> ranks;              ///< [d x n]
  std::vector<std::vector<double>> values;  ///< [d], the different values, ascending
  std::vector<std::uint8_t> positive;       ///< [n], 0 or 1

  RankedRows(MatrixView<double> rows, const std::vector<std::uint8_t>& positive, std::size_t threads);
};

/// Grows trees one after the other.
class TreeGrower {
 public:
  /// `features` are drawn for each split.
  TreeGrower(const RankedRows& rows, std::size_t features);

  /// A tree of rows, each as often as `weights` [n] says, with at least one above 0; its root is node 0.
  std::vector<RandomForest::Node> grow(const std::vector<std::uint32_t>& weights, RandomStream random);

 private:
  /// Where a node's rows lie in `order_`.
  struct Piece {
    std::size_t node, begin, end;
  };
  struct Split {
    double gain = -1;  ///< sum over sides of (positive^2 + negative^2) / all, which falls as the Gini impurity rises
    std::size_t feature = 0;
    std::uint32_t low = 0, high = 0;  ///< ranks of the last value that goes left and the first that goes right
  };
  struct Counts {
    double all = 0, positive = 0;
  };

  Counts count(const Piece& piece) const;
  bool best_split(const Piece& piece, const Counts& counts, RandomStream& random, Split& best);
  bool try_feature(std::size_t feature, const Piece& piece, const Counts& counts, Split& best);
  bool try_sorted(std::size_t feature, const Piece& piece, const Counts& counts, Split& best);
  bool try_counted(std::size_t feature, const Piece& piece, const Counts& counts, Split& best);
  void divide(const Piece& piece, const Split& split, std::vector<RandomForest::Node>& nodes,
              std::vector<Piece>& open);

  const RankedRows& rows_;
  std::size_t drawn_;
  const std::vector<std::uint32_t>* weights_ = nullptr;
  std::vector<std::uint32_t> order_;    ///< the tree's rows
  std::vector<std::size_t> shuffled_;   ///< features
  std::vector<std::uint64_t> keys_;     ///< rank, weight and kind of a node's rows
  std::vector<std::uint64_t> weights_at_, positives_at_;  ///< of each rank
};

}  // namespace deepmine
