#include "framework/learn/random_forest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/learn/checked_rows.h"
#include "framework/learn/resampling.h"
#include "framework/learn/tree_grower.h"

namespace deepmine {
namespace {

constexpr std::size_t kTreeBlock = 4;   ///< trees a thread grows at once
constexpr std::size_t kRowBlock = 256;  ///< rows a thread judges at once

using Nodes = std::vector<RandomForest::Node>;

struct GrownTree {
  Nodes nodes;
  std::vector<bool> in_bag;  ///< [n]
};

/// How often each row is drawn.
std::vector<std::uint32_t> drawn_rows(std::size_t count, bool bootstrap, Seed seed) {
  return bootstrap ? drawn_again(count, seed) : std::vector<std::uint32_t>(count, 1);
}

std::vector<GrownTree> grown_trees(const RankedRows& rows, const ForestOptions& options, Seed seed,
                                   std::size_t threads) {
  std::vector<GrownTree> trees(options.trees);
  parallel_blocks(options.trees, kTreeBlock, threads, [&](std::size_t begin, std::size_t end) {
    TreeGrower grower(rows, options.features);
    for (std::size_t t = begin; t < end; ++t) {
      const Seed own = seed.child("tree").child(t);
      const auto weights = drawn_rows(rows.positive.size(), options.bootstrap, own.child("rows"));
      trees[t].nodes = grower.grow(weights, RandomStream(own.child("features")));
      for (const std::uint32_t weight : weights) trees[t].in_bag.push_back(weight > 0);
    }
  });
  return trees;
}

/// All trees' nodes in one list.
void join(std::vector<GrownTree>& trees, RandomForest& forest) {
  for (GrownTree& tree : trees) {
    const auto root = static_cast<std::uint32_t>(forest.nodes.size());
    forest.roots.push_back(root);
    for (RandomForest::Node node : tree.nodes) {
      if (node.feature >= 0) node.left += root;
      forest.nodes.push_back(node);
    }
    tree.nodes = {};
  }
}

double leaf_value(const Nodes& nodes, std::uint32_t root, const double* row) {
  const RandomForest::Node* node = &nodes[root];
  while (node->feature >= 0) node = &nodes[node->left + (row[node->feature] <= node->value ? 0U : 1U)];
  return node->value;
}

/// The mean vote of the trees for which `votes(tree, row)`; NaN if there is none.
template <typename Votes>
std::vector<double> mean_votes(const RandomForest& forest, MatrixView<double> rows, std::size_t threads, Votes votes) {
  std::vector<double> result(rows.rows());
  parallel_blocks(rows.rows(), kRowBlock, threads, [&](std::size_t begin, std::size_t end) {
    std::vector<double> sums(end - begin, 0.0), counts(end - begin, 0.0);
    for (std::size_t t = 0; t < forest.roots.size(); ++t) {  // a tree at a time, which stays in the cache
      for (std::size_t i = begin; i < end; ++i) {
        if (!votes(t, i)) continue;
        sums[i - begin] += leaf_value(forest.nodes, forest.roots[t], rows.row(i));
        ++counts[i - begin];
      }
    }
    for (std::size_t i = begin; i < end; ++i) result[i] = sums[i - begin] / counts[i - begin];
  });
  return result;
}

ForestOptions checked(ForestOptions options, MatrixView<double> rows, const std::vector<std::uint8_t>& positive) {
  ensure_rows(rows, "features of a forest");
  ensure_one_each(rows.rows(), positive.size(), "labels");
  ensure_both_kinds(positive, "forest");
  ensure(options.trees >= 1, "forest: expected at least 1 tree, found 0");
  ensure(options.features <= rows.cols(), "forest: expected at most {} features a split, as rows have, found {}",
         rows.cols(), options.features);
  if (options.features == 0) {
    options.features = static_cast<std::size_t>(std::sqrt(static_cast<double>(rows.cols())));
  }
  return options;
}

Matrix<double> copy_of(MatrixView<double> rows) {
  return {rows.rows(), rows.cols(), std::vector<double>(rows.data(), rows.data() + rows.size())};
}

}  // namespace

RandomForest RandomForest::fit(MatrixView<double> rows, const std::vector<std::uint8_t>& positive,
                               const ForestOptions& options, Seed seed, std::size_t threads) {
  const ForestOptions used = checked(options, rows, positive);
  RandomForest forest;
  forest.features = rows.cols();
  std::vector<GrownTree> trees = grown_trees(RankedRows(rows, positive, threads), used, seed, threads);
  join(trees, forest);
  forest.out_of_bag = mean_votes(forest, rows, threads, [&](std::size_t t, std::size_t i) {
    return !trees[t].in_bag[i];
  });
  return forest;
}

std::vector<double> RandomForest::probabilities(MatrixView<double> rows, std::size_t threads) const {
  ensure_rows_like(rows, features, "features of a forest");
  return mean_votes(*this, rows, threads, [](std::size_t, std::size_t) { return true; });
}

double voting_accuracy(const std::vector<double>& probabilities, const std::vector<std::uint8_t>& positive) {
  ensure_one_each(positive.size(), probabilities.size(), "probabilities");
  std::size_t right = 0, judged = 0;
  for (std::size_t i = 0; i < positive.size(); ++i) {
    if (std::isnan(probabilities[i])) continue;
    ++judged;
    right += (probabilities[i] > 0.5) == (positive[i] != 0) ? 1U : 0U;
  }
  ensure(judged > 0, "accuracy: expected at least one row with a probability, found none of {}", positive.size());
  return static_cast<double>(right) / static_cast<double>(judged);
}

std::vector<double> permutation_importance(const RandomForest& forest, MatrixView<double> rows,
                                           const std::vector<std::uint8_t>& positive, std::size_t repeats, Seed seed,
                                           std::size_t threads) {
  ensure(repeats >= 1, "importance: expected at least 1 repeat, found 0");
  const double before = voting_accuracy(forest.probabilities(rows, threads), positive);
  std::vector<double> losses(rows.cols(), 0.0);
  Matrix<double> changed = copy_of(rows);
  for (std::size_t j = 0; j < rows.cols(); ++j) {
    RandomStream random(seed.child("importance").child(j));
    for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
      const std::vector<std::size_t> places = random.permutation(rows.rows());
      for (std::size_t i = 0; i < rows.rows(); ++i) changed(i, j) = rows(places[i], j);
      losses[j] += before - voting_accuracy(forest.probabilities(changed, threads), positive);
    }
    losses[j] /= static_cast<double>(repeats);
    for (std::size_t i = 0; i < rows.rows(); ++i) changed(i, j) = rows(i, j);
  }
  return losses;
}

}  // namespace deepmine
