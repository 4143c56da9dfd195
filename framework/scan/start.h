#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {

/// The two sides of a p-value matrix: its rows are inputs, its columns nodes.
enum class Axis { kInputs, kNodes };

constexpr Axis other(Axis axis) { return axis == Axis::kInputs ? Axis::kNodes : Axis::kInputs; }

/// Where an ascent starts: `selected` (ascending, not empty) on `axis` is taken as given, and the
/// other axis is optimised first.
struct Start {
  Axis axis = Axis::kNodes;
  std::vector<std::uint32_t> selected;

  static Start all_inputs(std::size_t inputs);
  static Start all_nodes(std::size_t nodes);
  /// A fraction u ~ U(0,1), then floor(u * nodes) different nodes; drawn again while empty. The
  /// only node of a matrix with one node is always selected.
  static Start random_nodes(std::size_t nodes, Seed seed);
};

/// How the starts of a scan are chosen. It changes the scores of noise by tens of percent and so
/// the detection power: a parameter of a run.
///   paper       `restarts` random node subsets
///   authors     all inputs, all nodes, then random node subsets, `restarts` in total
///   all-nodes   that one start
///   all-inputs  that one start
/// Source: deep-mining (paper) and its authors' code (authors); differs from it in:
/// their code caps the number of restarts at the number of inputs, we do not.
enum class StartScheme { kPaper, kAuthors, kAllNodes, kAllInputs };

const std::vector<StartScheme>& start_schemes();
/// "paper", "authors", "all-nodes" or "all-inputs".
std::string_view start_scheme_name(StartScheme scheme);
/// Throws `Error` on unknown names, listing the known ones.
StartScheme parse_start_scheme(std::string_view name);

/// The starts of one scan. Start i does not depend on how many there are. Throws `Error` when
/// `restarts` is 0.
std::vector<Start> make_starts(StartScheme scheme, std::size_t restarts, std::size_t inputs,
                               std::size_t nodes, Seed seed);

}  // namespace deepmine
