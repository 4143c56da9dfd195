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

std::vector<Start> starts_of(const ScanOptions& options, std::size_t inputs, std::size_t nodes,
                             Seed seed) {
  return make_starts(options.start, options.restarts, inputs, nodes / options.group, seed);
}

}  // namespace

SubsetScan::SubsetScan(const PValueMatrix& p_values, ScanStatistic statistic, std::size_t group)
    : SubsetScan(BinnedLevels(p_values, checked_group(p_values, group)), p_values.alphas(),
                 statistic) {}

SubsetScan::SubsetScan(BinnedLevels levels, const std::vector<double>& alphas,
                       ScanStatistic statistic)
    : levels_(std::move(levels)) {
  scorers_.reserve(alphas.size());
  for (double alpha : alphas) scorers_.emplace_back(statistic, alpha);
}

SideOptimum SubsetScan::optimise(Axis axis, const std::vector<std::uint32_t>& fixed) const {
  ensure_selects({other(axis), fixed}, levels_.count(other(axis)));
  return AxisSearch(levels_, scorers_).best(axis, fixed);
}

Ascent SubsetScan::ascend(const Start& start) const {
  AxisSearch search(levels_, scorers_);
  HalfStepMemory memory;
  return ascend(start, search, memory, nullptr);
}

/// The search knows that `reached` is reached, so that what it finds does not depend on it.
SideOptimum SubsetScan::half_step(Axis axis, const std::vector<std::uint32_t>& fixed, double reached,
                                  AxisSearch& search, HalfStepMemory& memory) const {
  throw_if_interrupted();
  if (const SideOptimum* known = memory.find(axis, fixed)) return *known;
  SideOptimum found = search.best(axis, fixed, reached);
  memory.keep(axis, fixed, found);
  return found;
}

Ascent SubsetScan::ascend(const Start& start, AxisSearch& search, HalfStepMemory& memory,
                          Progress* progress) const {
  ensure_selects(start, levels_.count(start.axis));
  Ascent ascent;
  Axis axis = other(start.axis);
  auto selected = [&](Axis a) -> auto& {
    return a == Axis::kInputs ? ascent.inputs : ascent.nodes;
  };
  selected(start.axis) = start.selected;
  for (;; axis = other(axis)) {
    if (progress != nullptr) progress->advance(0);
    SideOptimum found = half_step(axis, selected(other(axis)), ascent.score, search, memory);
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

ScanResult SubsetScan::scan(std::vector<Start> starts, Progress* progress) const {
  assert(!starts.empty());
  if (progress != nullptr) progress->begin("ascents", starts.size());
  ScanResult result;
  AxisSearch search(levels_, scorers_);
  HalfStepMemory memory;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    Ascent ascent = ascend(starts[i], search, memory, progress);
    if (progress != nullptr) progress->advance(1);
    result.restart_scores.push_back(ascent.score);
    result.half_steps += ascent.trace.size();
    if (i > 0 && ascent.score <= result.score) continue;
    result.best_restart = i;
    static_cast<Ascent&>(result) = std::move(ascent);
  }
  if (progress != nullptr) progress->end();
  result.starts = std::move(starts);
  return result;
}

ScanPool::ScanPool(PValueMatrix p_values, ScanOptions options)
    : p_values_(std::move(p_values)), options_(options) {
  checked_group(p_values_, options_.group);
  const bool fixed_alphas = !options_.alphas.is_exact();
  if (fixed_alphas && BinnedLevels::level_per_bin(p_values_)) {
    slices_ = BinnedLevels::slices_of(p_values_);
  }
}

ScanResult ScanPool::scan(const std::vector<std::size_t>& inputs, Seed seed) const {
  if (!slices_) return deepmine::scan(p_values_.gather(inputs), options_, seed);
  p_values_.ensure_holds(inputs);
  const auto& alphas = p_values_.alphas();
  const SubsetScan scan(BinnedLevels(slices_->gathered(inputs), alphas.size(), options_.group), alphas,
                        options_.statistic);
  return scan.scan(starts_of(options_, inputs.size(), p_values_.nodes(), seed));
}

ScanResult scan(const PValueMatrix& p_values, const ScanOptions& options, Seed seed,
                Progress* progress) {
  assert(p_values.grid() == options.alphas);
  const SubsetScan scan(p_values, options.statistic, options.group);
  return scan.scan(starts_of(options, p_values.inputs(), p_values.nodes(), seed), progress);
}

ScanResult scan(MatrixView<double> p_values, const ScanOptions& options, Seed seed) {
  return scan(PValueMatrix(p_values, options.alphas), options, seed);
}

}  // namespace deepmine
