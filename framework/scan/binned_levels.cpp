#include "framework/scan/binned_levels.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

constexpr std::size_t kMostBins = 255;  // of one level each; a byte also has to say "above"
constexpr std::size_t kWideBins = 96;   // bins of a longer grid: counting against refining

std::vector<std::size_t> first_levels(std::size_t levels) {
  std::vector<std::size_t> first{0};
  if (levels <= kMostBins) {
    while (first.back() < levels) first.push_back(first.back() + 1);
    return first;
  }
  for (std::size_t bin = 1; bin <= kWideBins; ++bin) {
    const double share = static_cast<double>(bin) / kWideBins;
    const auto edge = static_cast<std::size_t>(share * share * static_cast<double>(levels));
    first.push_back(std::max(edge, first.back() + 1));
  }
  return first;
}

std::vector<std::uint8_t> bins_of_levels(const std::vector<std::size_t>& first_level) {
  std::vector<std::uint8_t> bin_of(first_level.back() + 1);
  for (std::size_t bin = 0; bin + 1 < first_level.size(); ++bin) {
    std::fill(bin_of.data() + first_level[bin], bin_of.data() + first_level[bin + 1],
              static_cast<std::uint8_t>(bin));
  }
  bin_of.back() = static_cast<std::uint8_t>(first_level.size() - 1);
  return bin_of;
}

/// Levels of one byte are their own bins.
void slice(const Matrix<std::uint8_t>& levels, const std::vector<std::size_t>&, BitSlices& slices) {
  for (std::size_t i = 0; i < levels.rows(); ++i) slices.set_item(i, levels.row(i));
}

template <typename Level>
void slice(const Matrix<Level>& levels, const std::vector<std::size_t>& first_level,
           BitSlices& slices) {
  const std::vector<std::uint8_t> bin_of = bins_of_levels(first_level);
  std::vector<std::uint8_t> bins(levels.cols());
  for (std::size_t i = 0; i < levels.rows(); ++i) {
    const Level* row = levels.row(i);
    std::transform(row, row + bins.size(), bins.begin(), [&](Level level) { return bin_of[level]; });
    slices.set_item(i, bins.data());
  }
}

}  // namespace

BinnedLevels::BinnedLevels(BitSlices of_nodes, std::size_t levels, std::size_t group)
    : group_(group),
      first_level_(first_levels(levels)),
      of_nodes_(std::move(of_nodes)),
      of_inputs_(of_nodes_.transposed()) {}

BinnedLevels::BinnedLevels(const PValueMatrix& p_values, std::size_t group)
    : BinnedLevels(slices_of(p_values), p_values.alphas().size(), group) {
  if (!level_per_bin(p_values)) list_cells(p_values);
}

BitSlices BinnedLevels::slices_of(const PValueMatrix& p_values) {
  const auto first_level = first_levels(p_values.alphas().size());
  BitSlices slices(p_values.nodes(), p_values.inputs(), first_level.size() - 1);
  std::visit([&](const auto& levels) { slice(levels, first_level, slices); }, p_values.levels());
  return slices;
}

bool BinnedLevels::level_per_bin(const PValueMatrix& p_values) {
  return p_values.alphas().size() <= kMostBins;
}

std::vector<std::uint32_t> BinnedLevels::members(Axis axis,
                                                 const std::vector<std::uint32_t>& records) const {
  if (axis == Axis::kInputs || group_ == 1) return records;
  std::vector<std::uint32_t> nodes;
  for (const std::uint32_t record : records) {
    for (std::size_t k = 0; k < group_; ++k) {
      nodes.push_back(static_cast<std::uint32_t>(record * group_ + k));
    }
  }
  return nodes;
}

void BinnedLevels::list_cells(const PValueMatrix& p_values) {
  std::visit(
      [&](const auto& levels) {
        // first_cell_[level + 2] counts at first, so that the second pass leaves the ends right.
        const std::size_t above = p_values.alphas().size();
        const auto group = static_cast<std::uint32_t>(group_);
        first_cell_.assign(above + 3, 0);
        for (std::size_t i = 0; i < levels.size(); ++i) ++first_cell_[levels.data()[i] + 2U];
        for (std::size_t l = 1; l < above + 3; ++l) first_cell_[l] += first_cell_[l - 1];
        cells_.resize(first_cell_[above + 1]);
        for (std::uint32_t i = 0; i < levels.rows(); ++i) {
          throw_if_interrupted();
          for (std::uint32_t j = 0; j < levels.cols(); ++j) {
            const auto level = levels(i, j);
            if (level < above) cells_[first_cell_[level + 1U]++] = {i, j / group};
          }
        }
      },
      p_values.levels());
}

}  // namespace deepmine
