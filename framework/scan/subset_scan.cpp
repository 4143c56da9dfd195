#include "framework/scan/subset_scan.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

void ensure_selects(const Start& start, std::size_t count) {
  const auto& selected = start.selected;
  const bool ascending = std::adjacent_find(selected.begin(), selected.end(),
                                            std::greater_equal<>()) == selected.end();
  ensure(!selected.empty() && ascending && selected.back() < count,
         "start: expected one or more different {} below {}, ascending; found {} of them, the last "
         "{}",
         start.axis == Axis::kInputs ? "inputs" : "nodes", count, selected.size(),
         selected.empty() ? 0 : selected.back());
}

std::vector<std::uint32_t> everything(const BinnedLevels& levels, Axis axis) {
  const std::size_t count = levels.count(axis);
  return (axis == Axis::kInputs ? Start::all_inputs(count) : Start::all_nodes(count)).selected;
}

std::size_t checked_group(const PValueMatrix& p_values, std::size_t group) {
  ensure(group >= 1 && p_values.nodes() % group == 0,
         "group: expected a size that divides the {} nodes, found {}; a channel has height x width "
         "nodes", p_values.nodes(), group);
  return group;
}

}  // namespace

SubsetScan::SubsetScan(const PValueMatrix& p_values, ScanStatistic statistic, std::size_t group)
    : levels_(p_values, checked_group(p_values, group)) {
  scorers_.reserve(p_values.alphas().size());
  for (double alpha : p_values.alphas()) scorers_.emplace_back(statistic, alpha);
}

SideOptimum SubsetScan::optimise(Axis axis, const std::vector<std::uint32_t>& fixed) const {
  ensure_selects({other(axis), fixed}, levels_.count(other(axis)));
  return AxisSearch(levels_, scorers_).best(axis, fixed);
}

Ascent SubsetScan::ascend(const Start& start) const {
  AxisSearch search(levels_, scorers_);
  return ascend(start, search);
}

Ascent SubsetScan::ascend(const Start& start, AxisSearch& search) const {
  ensure_selects(start, levels_.count(start.axis));
  Ascent ascent;
  Axis axis = other(start.axis);
  auto selected = [&](Axis a) -> auto& {
    return a == Axis::kInputs ? ascent.inputs : ascent.nodes;
  };
  selected(start.axis) = start.selected;
  for (;; axis = other(axis)) {
    SideOptimum found = search.best(axis, selected(other(axis)), ascent.score);
    ascent.trace.push_back({axis, found.score, found.alpha, found.records.size()});
    if (found.score > ascent.score) {
      ascent.score = found.score;
      ascent.alpha = found.alpha;
      ascent.n_alpha = found.n_alpha;
      selected(axis) = std::move(found.records);
    } else if (ascent.trace.size() == 1) {
      selected(axis) = everything(levels_, axis);
    } else {
      break;
    }
  }
  if (!ascent.alpha) {
    ascent.inputs.clear();
    ascent.nodes.clear();
  }
  ascent.nodes = levels_.members(Axis::kNodes, ascent.nodes);
  return ascent;
}

ScanResult SubsetScan::scan(std::vector<Start> starts) const {
  assert(!starts.empty());
  ScanResult result;
  AxisSearch search(levels_, scorers_);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    throw_if_interrupted();
    Ascent ascent = ascend(starts[i], search);
    result.restart_scores.push_back(ascent.score);
    result.half_steps += ascent.trace.size();
    if (i > 0 && ascent.score <= result.score) continue;
    result.best_restart = i;
    static_cast<Ascent&>(result) = std::move(ascent);
  }
  result.starts = std::move(starts);
  return result;
}

ScanResult scan(const PValueMatrix& p_values, const ScanOptions& options, Seed seed) {
  assert(p_values.grid() == options.alphas);
  const SubsetScan scan(p_values, options.statistic, options.group);
  return scan.scan(make_starts(options.start, options.restarts, p_values.inputs(),
                               p_values.nodes() / options.group, seed));
}

ScanResult scan(MatrixView<double> p_values, const ScanOptions& options, Seed seed) {
  return scan(PValueMatrix(p_values, options.alphas), options, seed);
}

}  // namespace deepmine
