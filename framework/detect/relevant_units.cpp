#include "framework/detect/relevant_units.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <set>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/detect/learnt.h"
#include "framework/learn/mu_lasso.h"

namespace deepmine {
namespace {

using Units = std::vector<std::size_t>;

constexpr const char *kSizes = "sizes of sets", *kUnits = "units of sets";
constexpr double kLeastActive = 1e-3;  ///< the share of inputs that a unit responds to

/// [N x count]: 1 for an input's class, and 0 or -1 for the others.
Matrix<double> targets_of(const std::vector<std::int64_t>& classes, std::size_t count, bool plus_minus) {
  Matrix<double> targets(classes.size(), count, plus_minus ? -1.0 : 0.0);
  for (std::size_t i = 0; i < classes.size(); ++i) targets(i, static_cast<std::size_t>(classes[i])) = 1;
  return targets;
}

template <typename Combine>
UnitSets combined(const UnitSets& a, const UnitSets& b, Combine combine) {
  UnitSets result(a.size());
  for (std::size_t c = 0; c < a.size(); ++c) {
    combine(a[c].begin(), a[c].end(), b[c].begin(), b[c].end(), std::back_inserter(result[c]));
  }
  return result;
}

/// Two selections' `sets`, with units that are dead in one or in both.
template <typename Dead>
Selected joint(const Selected& a, const Selected& b, UnitSets sets, Dead dead) {
  Selected both{std::move(sets), a.dead, a.seen, std::max(a.gap, b.gap)};
  std::transform(a.dead.begin(), a.dead.end(), b.dead.begin(), both.dead.begin(), dead);
  std::transform(a.seen.begin(), a.seen.end(), b.seen.begin(), both.seen.begin(), std::logical_and<>());
  return both;
}

/// As many of the living units from `begin` to `end` as `wanted` has there.
void draw(const Units& wanted, const std::vector<std::uint8_t>& dead, std::size_t begin, std::size_t end, Seed seed,
          Units& into) {
  Units living;
  for (std::size_t unit = begin; unit < end; ++unit) {
    if (dead[unit] == 0) living.push_back(unit);
  }
  const auto count = static_cast<std::size_t>(
      std::count_if(wanted.begin(), wanted.end(), [&](std::size_t unit) { return begin <= unit && unit < end; }));
  ensure(count <= living.size(), "units: expected {} that respond to inputs, to draw from, found {}", count,
         living.size());
  RandomStream random(seed);
  for (const std::size_t place : random.sample(count, living.size())) {
    into.push_back(living[place]);
  }
}

}  // namespace

void SelectionOptions::describe(Fields& fields) {
  fields.add({"mu", &mu, "", "the largest sum of absolute weights: more weight finds more units; the paper has 10, 20 "
              "and 100", "relevant-neurons", {0, 1e9, true}});
  fields.add({"labels", &labels, "", "what the weights are to tell: onehot for 1 and 0, pm1 for 1 and -1, which finds "
              "fewer units", "relevant-neurons", {}, {"onehot", "pm1"}});
}

Selected relevant_units(MatrixView<double> rows, const std::vector<std::int64_t>& classes, std::size_t count,
                        const SelectionOptions& options, std::size_t threads) {
  const std::set<std::int64_t> present(classes.begin(), classes.end());
  for (const std::int64_t kind : present) {
    ensure(kind >= 0 && static_cast<std::uint64_t>(kind) < count, "classes: expected numbers from 0 to {}, found {}",
           count - 1, kind);
  }
  const Matrix<double> targets = targets_of(classes, count, options.labels == "pm1");
  const LeastSquares problem = LeastSquares::of(rows, targets, kLeastActive);
  Selected selected{UnitSets(count), problem.dead, std::vector<std::uint8_t>(count, 0)};
  std::vector<double> gaps(count, 0);
  parallel_blocks(count, 1, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c) {
      if (present.count(static_cast<std::int64_t>(c)) == 0) continue;
      const LassoSolution solution = mu_lasso(problem, c, {options.mu}).front();
      selected.sets[c] = relevant_columns(solution.weights);
      selected.seen[c] = 1;
      gaps[c] = solution.gap / std::max(1.0, solution.objective);
    }
  });
  selected.gap = *std::max_element(gaps.begin(), gaps.end());
  return selected;
}

UnitSets shared_units(const UnitSets& a, const UnitSets& b) {
  return combined(a, b, [](auto... part) { std::set_intersection(part...); });
}

UnitSets unshared_units(const UnitSets& a, const UnitSets& b) {
  return combined(a, b, [](auto... part) { std::set_symmetric_difference(part...); });
}

Selected shared(const Selected& a, const Selected& b) {
  return joint(a, b, shared_units(a.sets, b.sets), std::logical_or<>());
}

Selected unshared(const Selected& a, const Selected& b) {
  return joint(a, b, unshared_units(a.sets, b.sets), std::logical_and<>());
}

UnitSets random_units(const UnitSets& like, const std::vector<std::uint8_t>& dead, const Units& sizes, bool by_layer,
                      Seed seed) {
  UnitSets result(like.size());
  for (std::size_t c = 0; c < like.size(); ++c) {
    std::size_t begin = 0;
    const Units pools = by_layer ? sizes : Units{dead.size()};
    for (std::size_t l = 0; l < pools.size(); ++l) {
      draw(like[c], dead, begin, begin + pools[l], seed.child(c).child(l), result[c]);
      begin += pools[l];
    }
    std::sort(result[c].begin(), result[c].end());
  }
  return result;
}

UnitSets all_units(std::size_t classes, std::size_t units) {
  Units all(units);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return UnitSets(classes, all);
}

Units together(const UnitSets& sets) {
  std::set<std::size_t> all;
  for (const Units& set : sets) all.insert(set.begin(), set.end());
  return {all.begin(), all.end()};
}

void keep(const UnitSets& sets, Npz& content) {
  std::vector<std::int64_t> sizes, units;
  for (const Units& set : sets) {
    sizes.push_back(static_cast<std::int64_t>(set.size()));
    units.insert(units.end(), set.begin(), set.end());
  }
  content.arrays[kSizes] = {{sizes.size()}, sizes};
  content.arrays[kUnits] = {{units.size()}, units};
}

UnitSets kept_sets(const Npz& content, std::size_t units) {
  const std::vector<std::int64_t> sizes = matrix_in<std::int64_t>(content, kSizes).take(),
                                  all = matrix_in<std::int64_t>(content, kUnits).take();
  UnitSets sets;
  std::size_t next = 0;
  for (const std::int64_t size : sizes) {
    ensure(size >= 0 && static_cast<std::size_t>(size) <= all.size() - next,
           "units: expected sets of {} units in all, found one of {} after {}", all.size(), size, next);
    Units set(all.begin() + static_cast<std::ptrdiff_t>(next), all.begin() + static_cast<std::ptrdiff_t>(next) + size);
    next += set.size();
    const bool ascending = std::adjacent_find(set.begin(), set.end(), std::greater_equal<>()) == set.end();
    ensure(ascending && (set.empty() || set.back() < units), "units: expected ascending ones below {}, found others",
           units);
    sets.push_back(std::move(set));
  }
  ensure(next == all.size(), "units: expected sets of {} units in all, found {}", all.size(), next);
  return sets;
}

}  // namespace deepmine
