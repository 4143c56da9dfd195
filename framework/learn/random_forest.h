#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"

namespace deepmine {

struct ForestOptions {
  std::size_t trees = 1000;
  std::size_t features = 0;  ///< drawn for each split, more where all drawn are constant; 0: floor(sqrt(d))
  bool bootstrap = true;     ///< each tree has n rows drawn with replacement, else all
};

/// Trees that vote for the probability that a row is positive, each grown until its leaves are pure or their rows
/// equal.
///
/// A split is the feature and threshold of the largest decrease of the Gini impurity, of equal ones the first drawn,
/// even where nothing decreases; the threshold lies half way between two values. A tree's draws come from a child of
/// the seed of its own, so that the forest does not depend on threads.
/// Source: Breiman 2001, with the defaults of the RandomForestClassifier that relevant-neurons takes;
/// differs from that in: its random numbers.
struct RandomForest {
  /// A split, or a leaf.
  struct Node {
    double value = 0;           ///< rows up to it go left; of a leaf: the share of positive rows
    std::int32_t feature = -1;  ///< -1: a leaf
    std::uint32_t left = 0;     ///< a node; right is the next
  };
  std::size_t features = 0;          ///< d
  std::vector<std::uint32_t> roots;  ///< [trees], nodes
  std::vector<Node> nodes;           ///< of all trees, a tree's one after the other
  /// [n], the probability by the trees that have not seen a training row; NaN where all have.
  std::vector<double> out_of_bag;

  /// Fitted to `rows` [n x d]; `positive[i]` is not 0 for a positive row. Throws `Error` for no row or column,
  /// entries that are not finite, rows of one kind only, no tree and more features than d; `Interrupted` after an
  /// interrupt.
  static RandomForest fit(MatrixView<double> rows, const std::vector<std::uint8_t>& positive,
                          const ForestOptions& options, Seed seed, std::size_t threads = 1);

  /// The mean over trees of the share of positive rows in the leaf of each of `rows` [m x d]. The result does not
  /// depend on `threads`. Throws `Error` for another number of columns and entries that are not finite.
  std::vector<double> probabilities(MatrixView<double> rows, std::size_t threads = 1) const;
};

/// The share of rows whose probability lies on the right side of 1/2, which itself counts as negative; those without
/// one (NaN) are left out. Throws `Error` where none has one, and where probabilities and labels are not equally
/// many.
double voting_accuracy(const std::vector<double>& probabilities, const std::vector<std::uint8_t>& positive);

/// How much accuracy on `rows` [m x d] a forest loses when one feature's values change places, [d]: the mean of
/// `repeats` draws. Throws `Error` like `RandomForest::probabilities` and for no repeat.
/// Source: Breiman 2001, section 10; differs from it in: any rows, not those out of bag.
std::vector<double> permutation_importance(const RandomForest& forest, MatrixView<double> rows,
                                           const std::vector<std::uint8_t>& positive, std::size_t repeats, Seed seed,
                                           std::size_t threads = 1);

}  // namespace deepmine
