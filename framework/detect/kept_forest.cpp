#include "framework/detect/kept_forest.h"

#include <cmath>
#include <limits>
#include <utility>

#include "framework/core/error.h"
#include "framework/detect/learnt.h"

namespace deepmine {
namespace {

constexpr const char *kRoots = "roots of trees", *kValues = "values of nodes", *kFeatures = "features of nodes",
                     *kLeft = "left of nodes";

/// Children come after their parent, so that every walk ends.
bool sound(const RandomForest& forest, std::size_t place) {
  const RandomForest::Node& node = forest.nodes[place];
  if (!std::isfinite(node.value)) return false;
  if (node.feature < 0) return true;
  return static_cast<std::size_t>(node.feature) < forest.features && node.left > place &&
         std::size_t{node.left} + 1 < forest.nodes.size();
}

}  // namespace

void keep(const RandomForest& forest, Npz& content) {
  std::vector<double> values;
  std::vector<std::int64_t> features, left;
  for (const RandomForest::Node& node : forest.nodes) {
    values.push_back(node.value);
    features.push_back(node.feature);
    left.push_back(node.left);
  }
  const std::size_t nodes = values.size();
  content.arrays[kRoots] = {{forest.roots.size()}, std::vector<std::int64_t>(forest.roots.begin(), forest.roots.end())};
  content.arrays[kValues] = {{nodes}, std::move(values)};
  content.arrays[kFeatures] = {{nodes}, std::move(features)};
  content.arrays[kLeft] = {{nodes}, std::move(left)};
}

RandomForest kept_forest(const Npz& content, std::size_t features) {
  const auto numbers = [&](const char* name) { return matrix_in<std::int64_t>(content, name).take(); };
  const std::vector<double> values = matrix_in<double>(content, kValues).take();
  const std::vector<std::int64_t> roots = numbers(kRoots), of_nodes = numbers(kFeatures), left = numbers(kLeft);
  ensure(of_nodes.size() == values.size() && left.size() == values.size() && !roots.empty() &&
             values.size() <= std::numeric_limits<std::uint32_t>::max(),
         "forest: expected trees, and a value, a feature and a child of each node, found {} trees and {}, {} and {}",
         roots.size(), values.size(), of_nodes.size(), left.size());
  const auto within = [](std::int64_t number, std::size_t end) {
    return number >= 0 && static_cast<std::size_t>(number) < end;
  };
  RandomForest forest;
  forest.features = features;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool leaf = of_nodes[i] == -1;
    ensure(leaf || (within(of_nodes[i], features) && within(left[i], values.size())),
           "forest: expected nodes of {} features, found node {} of feature {}", features, i, of_nodes[i]);
    forest.nodes.push_back({values[i], static_cast<std::int32_t>(of_nodes[i]),
                            leaf ? 0 : static_cast<std::uint32_t>(left[i])});
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    ensure(sound(forest, i), "forest: expected finite nodes before their children, found node {} otherwise", i);
  }
  for (const std::int64_t root : roots) {
    ensure(within(root, values.size()), "forest: expected roots among {} nodes, found {}", values.size(), root);
    forest.roots.push_back(static_cast<std::uint32_t>(root));
  }
  return forest;
}

}  // namespace deepmine
