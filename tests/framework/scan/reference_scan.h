#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "framework/core/matrix.h"
#include "framework/scan/scan_statistic.h"
#include "framework/scan/start.h"

/// The scan written straight from its formulas, slow and in doubles, sharing no code with the
/// engine: what the engine is compared with.
namespace deepmine::reference {

using Records = std::vector<std::uint32_t>;

inline double score(ScanStatistic statistic, double n_alpha, double n, double alpha) {
  if (!(n_alpha > n * alpha) || alpha >= 1) return 0;
  if (statistic == ScanStatistic::kHigherCriticism) {
    return (n_alpha - n * alpha) / std::sqrt(n * alpha * (1 - alpha));
  }
  if (statistic == ScanStatistic::kKolmogorovSmirnov) return (n_alpha - n * alpha) / std::sqrt(n);
  const double x = n_alpha / n;
  const double rest = x < 1 ? (1 - x) * std::log((1 - x) / (1 - alpha)) : 0;
  return n * (x * std::log(x / alpha) + rest);
}

inline std::vector<double> exact_alphas(const Matrix<double>& p, double alpha_max) {
  std::set<double> distinct;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p.data()[i] <= alpha_max) distinct.insert(p.data()[i]);
  }
  return {distinct.begin(), distinct.end()};
}

inline std::vector<double> linear_alphas(int steps, double alpha_max) {
  std::vector<double> alphas;
  for (int i = 1; i <= steps; ++i) alphas.push_back((i * alpha_max) / steps);
  return alphas;
}

inline Records everything(std::size_t count) {
  Records all(count);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

struct HalfStep {
  double score = 0;
  double alpha = 0;
  Records records;
  double gap = std::numeric_limits<double>::infinity();  ///< to the best of all other choices
};

inline double p_value(const Matrix<double>& p, Axis axis, std::uint32_t record,
                      std::uint32_t item) {
  return axis == Axis::kInputs ? p(record, item) : p(item, record);
}

/// Sorts the records by their counts at every alpha and scores every prefix.
inline HalfStep half_step(const Matrix<double>& p, const std::vector<double>& alphas,
                          ScanStatistic statistic, Axis axis, const Records& fixed) {
  const std::size_t count = axis == Axis::kInputs ? p.rows() : p.cols();
  HalfStep best;
  for (double alpha : alphas) {
    std::vector<double> n_alpha_of(count, 0);
    for (std::uint32_t r = 0; r < count; ++r) {
      for (std::uint32_t item : fixed) n_alpha_of[r] += p_value(p, axis, r, item) <= alpha ? 1 : 0;
    }
    Records order = everything(count);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return n_alpha_of[a] > n_alpha_of[b];
    });
    double n_alpha = 0;
    for (std::size_t k = 0; k < count; ++k) {
      n_alpha += n_alpha_of[order[k]];
      const double n = static_cast<double>((k + 1) * fixed.size());
      const double found = score(statistic, n_alpha, n, alpha);
      if (found <= best.score) {
        best.gap = std::min(best.gap, best.score - found);
        continue;
      }
      best.gap = found - best.score;
      best.score = found;
      best.alpha = alpha;
      best.records.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k + 1));
    }
  }
  std::sort(best.records.begin(), best.records.end());
  return best;
}

struct Ascent {
  double score = 0;
  double alpha = 0;
  Records inputs, nodes;
  std::vector<HalfStep> trace;
  double gap = std::numeric_limits<double>::infinity();  ///< smallest of its half steps
};

inline Ascent ascend(const Matrix<double>& p, const std::vector<double>& alphas,
                     ScanStatistic statistic, Axis start_axis, const Records& start) {
  Ascent ascent;
  Records selected[2];
  const auto index = [](Axis axis) { return axis == Axis::kInputs ? 0 : 1; };
  selected[index(start_axis)] = start;
  Axis axis = start_axis;
  bool missed = false;
  while (true) {
    const Records& fixed = selected[index(axis)];
    axis = axis == Axis::kInputs ? Axis::kNodes : Axis::kInputs;
    const HalfStep step = half_step(p, alphas, statistic, axis, fixed);
    ascent.trace.push_back(step);
    ascent.gap = std::min(ascent.gap, step.gap);
    if (step.score > ascent.score) {
      ascent.score = step.score;
      ascent.alpha = step.alpha;
      selected[index(axis)] = step.records;
    } else if (ascent.score == 0 && !missed) {
      missed = true;
      selected[index(axis)] = everything(axis == Axis::kInputs ? p.rows() : p.cols());
    } else {
      break;
    }
  }
  if (ascent.score > 0) {
    ascent.inputs = selected[0];
    ascent.nodes = selected[1];
  }
  return ascent;
}

/// The members of {0, ..., count - 1} whose bits are set.
inline Records members(unsigned bits, std::size_t count) {
  Records result;
  for (std::uint32_t i = 0; i < count; ++i) {
    if ((bits >> i & 1U) != 0) result.push_back(i);
  }
  return result;
}

/// The best score of all subsets of `axis` with the other axis fixed.
inline double exhaustive_side(const Matrix<double>& p, const std::vector<double>& alphas,
                              ScanStatistic statistic, Axis axis, const Records& fixed) {
  const std::size_t count = axis == Axis::kInputs ? p.rows() : p.cols();
  double best = 0;
  for (unsigned bits = 1; bits < 1U << count; ++bits) {
    const Records records = members(bits, count);
    for (double alpha : alphas) {
      double n_alpha = 0;
      for (std::uint32_t r : records) {
        for (std::uint32_t item : fixed) n_alpha += p_value(p, axis, r, item) <= alpha ? 1 : 0;
      }
      const double n = static_cast<double>(records.size() * fixed.size());
      best = std::max(best, score(statistic, n_alpha, n, alpha));
    }
  }
  return best;
}

/// The best score of all subsets of both axes.
inline double global_optimum(const Matrix<double>& p, const std::vector<double>& alphas,
                             ScanStatistic statistic) {
  double best = 0;
  for (unsigned bits = 1; bits < 1U << p.rows(); ++bits) {
    best = std::max(best,
                    exhaustive_side(p, alphas, statistic, Axis::kNodes, members(bits, p.rows())));
  }
  return best;
}

}  // namespace deepmine::reference
