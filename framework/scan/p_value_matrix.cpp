#include "framework/scan/p_value_matrix.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/scan/rank_kernels.h"

namespace deepmine {
namespace {

using Levels = PValueMatrix::Levels;

template <typename Level, typename LevelAt>
Matrix<Level> filled(std::size_t rows, std::size_t cols, LevelAt level_at) {
  Matrix<Level> levels(rows, cols);
  for (std::size_t i = 0; i < rows; ++i) {
    throw_if_interrupted();
    for (std::size_t j = 0; j < cols; ++j) levels(i, j) = static_cast<Level>(level_at(i, j));
  }
  return levels;
}

/// `level_at(i, j)` in the smallest type that holds 0 ... `alphas`.
template <typename LevelAt>
Levels smallest(std::size_t rows, std::size_t cols, std::size_t alphas, LevelAt level_at) {
  if (alphas <= 0xff) return filled<std::uint8_t>(rows, cols, level_at);
  if (alphas <= 0xffff) return filled<std::uint16_t>(rows, cols, level_at);
  return filled<std::uint32_t>(rows, cols, level_at);
}

std::uint32_t level_of(double p_value, const std::vector<double>& alphas) {
  const auto alpha = std::lower_bound(alphas.begin(), alphas.end(), p_value);
  return static_cast<std::uint32_t>(alpha - alphas.begin());
}

/// Which of the levels 0 ... `above` the given inputs have.
template <typename Level>
std::vector<char> used_levels(const Matrix<Level>& levels, const std::vector<std::size_t>& inputs,
                              std::size_t above) {
  std::vector<char> used(above + 1);
  for (std::size_t input : inputs) {
    const Level* row = levels.row(input);
    for (std::size_t j = 0; j < levels.cols(); ++j) used[row[j]] = 1;
  }
  return used;
}

/// How many levels before each one are kept: what it is called among those kept.
std::vector<std::uint32_t> ranks(const std::vector<char>& kept) {
  std::vector<std::uint32_t> rank(kept.size());
  for (std::size_t k = 1; k < kept.size(); ++k)
    rank[k] = rank[k - 1] + (kept[k - 1] != 0 ? 1U : 0U);
  return rank;
}

template <typename T>
void ensure_not_empty(MatrixView<T> p_values) {
  ensure(p_values.rows() >= 1 && p_values.cols() >= 1,
         "p-values: expected at least one input and one node, found [{} x {}]; check the file",
         p_values.rows(), p_values.cols());
}

void ensure_p_values(MatrixView<double> p_values) {
  const double* end = p_values.data() + p_values.size();
  if (std::all_of(p_values.data(), end, [](double p) { return p > 0 && p <= 1; })) return;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    const double p = p_values.data()[i];
    ensure(p > 0 && p <= 1,
           "p-values: expected numbers in (0, 1], found {} for input {} at node {}; compute them "
           "from activations with the p-values command",
           p, i / p_values.cols(), i % p_values.cols());
  }
}

double levels_per_unit(const std::vector<double>& alphas) {
  return static_cast<double>(alphas.size()) / alphas.back();
}

/// Whether one step puts every guess of `kernels::linear_levels` right: not where alphas are so small
/// that their distances are rounded away.
bool is_evenly_spaced(const std::vector<double>& alphas) {
  return alphas.size() <= 0xff && alphas.front() > std::numeric_limits<double>::min() &&
         std::isfinite(levels_per_unit(alphas));
}

Matrix<std::uint8_t> linear_levels(MatrixView<double> p_values, const std::vector<double>& alphas) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> bounded{-kInfinity};
  bounded.insert(bounded.end(), alphas.begin(), alphas.end());
  bounded.push_back(kInfinity);
  Matrix<std::uint8_t> levels(p_values.rows(), p_values.cols());
  const bool valid = kernels::linear_levels(
      {p_values.data(), p_values.size(), bounded.data(), alphas.size(),
       levels_per_unit(alphas), levels.data()});
  if (!valid) ensure_p_values(p_values);
  return levels;
}

void ensure_numerators(MatrixView<std::uint32_t> numerators, std::uint32_t denominator) {
  ensure_not_empty(numerators);
  for (std::size_t i = 0; i < numerators.size(); ++i) {
    const std::uint32_t numerator = numerators.data()[i];
    ensure(numerator >= 1 && numerator <= denominator,
           "p-values: expected numerators in [1, {}], found {} for input {} at node {}; take them "
           "from the upper end, with the denominator of the same background",
           denominator, numerator, i / numerators.cols(), i % numerators.cols());
  }
}

/// Piece by piece: to sort millions at once takes seconds, in which no interrupt would be heeded, and most of a
/// piece are p-values of earlier ones.
std::vector<double> distinct_up_to(MatrixView<double> p_values, double alpha_max) {
  constexpr std::size_t kPiece = std::size_t{1} << 22;
  std::vector<double> distinct, piece, both;
  for (std::size_t begin = 0; begin < p_values.size(); begin += kPiece) {
    throw_if_interrupted();
    const std::size_t end = std::min(p_values.size(), begin + kPiece);
    piece.clear();
    std::copy_if(p_values.data() + begin, p_values.data() + end, std::back_inserter(piece),
                 [alpha_max](double p) { return p <= alpha_max; });
    std::sort(piece.begin(), piece.end());
    piece.erase(std::unique(piece.begin(), piece.end()), piece.end());
    both.clear();
    std::set_union(distinct.begin(), distinct.end(), piece.begin(), piece.end(), std::back_inserter(both));
    distinct.swap(both);
  }
  return distinct;
}

std::vector<double> distinct_up_to(MatrixView<std::uint32_t> numerators, double denominator,
                                   double alpha_max) {
  std::vector<char> used(static_cast<std::size_t>(denominator) + 1);
  for (std::size_t i = 0; i < numerators.size(); ++i) used[numerators.data()[i]] = 1;
  std::vector<double> distinct;
  for (std::size_t k = 1; k < used.size(); ++k) {
    const double p = static_cast<double>(k) / denominator;
    if (used[k] != 0 && p <= alpha_max) distinct.push_back(p);
  }
  return distinct;
}

}  // namespace

PValueMatrix::PValueMatrix(const AlphaGrid& grid, std::vector<double> alphas, Levels levels)
    : grid_(grid), alphas_(std::move(alphas)), levels_(std::move(levels)) {}

PValueMatrix::PValueMatrix(MatrixView<double> p_values, const AlphaGrid& grid) : grid_(grid) {
  ensure_not_empty(p_values);
  if (!grid.is_exact()) alphas_ = grid.linear_alphas();
  if (!grid.is_exact() && is_evenly_spaced(alphas_)) {
    levels_ = linear_levels(p_values, alphas_);
    return;
  }
  ensure_p_values(p_values);
  if (grid.is_exact()) alphas_ = distinct_up_to(p_values, grid.alpha_max());
  levels_ =
      smallest(p_values.rows(), p_values.cols(), alphas_.size(),
               [&](std::size_t i, std::size_t j) { return level_of(p_values(i, j), alphas_); });
}

PValueMatrix::PValueMatrix(MatrixView<std::uint32_t> numerators, std::uint32_t denominator,
                           const AlphaGrid& grid)
    : grid_(grid) {
  ensure_numerators(numerators, denominator);
  const double whole = denominator;
  alphas_ =
      grid.is_exact() ? distinct_up_to(numerators, whole, grid.alpha_max()) : grid.linear_alphas();
  std::vector<std::uint32_t> level(std::size_t{denominator} + 1);
  for (std::size_t k = 1; k < level.size(); ++k) {
    level[k] = level_of(static_cast<double>(k) / whole, alphas_);
  }
  levels_ = smallest(numerators.rows(), numerators.cols(), alphas_.size(),
                     [&](std::size_t i, std::size_t j) { return level[numerators(i, j)]; });
}

PValueMatrix PValueMatrix::of_linear_levels(const AlphaGrid& grid, Matrix<std::uint8_t> levels) {
  ensure(levels.size() > 0, "p-values: expected at least one input and one node, found none");
  return {grid, grid.linear_alphas(), std::move(levels)};
}

void PValueMatrix::ensure_holds(const std::vector<std::size_t>& inputs) const {
  ensure(!inputs.empty(), "test set: expected at least one input, found none");
  for (std::size_t input : inputs) {
    ensure(input < this->inputs(), "test set: expected inputs below {}, found {}", this->inputs(),
           input);
  }
}

PValueMatrix PValueMatrix::gather(const std::vector<std::size_t>& inputs) const {
  ensure_holds(inputs);
  if (const auto* bytes = std::get_if<Matrix<std::uint8_t>>(&levels_); bytes && !grid_.is_exact()) {
    Matrix<std::uint8_t> chosen(inputs.size(), nodes());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::copy_n(bytes->row(inputs[i]), nodes(), chosen.row(i));
    }
    return {grid_, alphas_, std::move(chosen)};
  }
  return std::visit(
      [&](const auto& levels) {
        const std::vector<char> kept = grid_.is_exact()
                                           ? used_levels(levels, inputs, alphas_.size())
                                           : std::vector<char>(alphas_.size() + 1, 1);
        const std::vector<std::uint32_t> rank = ranks(kept);
        std::vector<double> alphas(rank.back());
        for (std::size_t k = 0; k < alphas_.size(); ++k) {
          if (kept[k] != 0) alphas[rank[k]] = alphas_[k];
        }
        Levels chosen =
            smallest(inputs.size(), nodes(), alphas.size(),
                     [&](std::size_t i, std::size_t j) { return rank[levels(inputs[i], j)]; });
        return PValueMatrix(grid_, std::move(alphas), std::move(chosen));
      },
      levels_);
}

std::size_t PValueMatrix::inputs() const {
  return std::visit([](const auto& levels) { return levels.rows(); }, levels_);
}

std::size_t PValueMatrix::nodes() const {
  return std::visit([](const auto& levels) { return levels.cols(); }, levels_);
}

std::uint32_t PValueMatrix::level(std::size_t input, std::size_t node) const {
  return std::visit([&](const auto& levels) { return std::uint32_t{levels(input, node)}; },
                    levels_);
}

}  // namespace deepmine
