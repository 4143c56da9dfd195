#include "framework/learn/tree_grower.h"

#include <algorithm>
#include <numeric>

#include "framework/core/parallel_blocks.h"

namespace deepmine {
namespace {

/// The rows of a node are counted at their ranks where they are at least this share of all ranks, and sorted otherwise.
constexpr std::size_t kCountedShare = 8;

double purity(double positive, double all) {
  const double negative = all - positive;
  return (positive * positive + negative * negative) / all;
}

void rank_feature(MatrixView<double> rows, std::size_t feature, RankedRows& ranked) {
  std::vector<double>& values = ranked.values[feature];
  values.resize(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) values[i] = rows(i, feature);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto place = std::lower_bound(values.begin(), values.end(), rows(i, feature));
    ranked.ranks(feature, i) = static_cast<std::uint32_t>(place - values.begin());
  }
}

/// Between two different numbers, the lower included.
double half_way(double low, double high) {
  const double middle = low / 2 + high / 2;
  return middle >= low && middle < high ? middle : low;
}

}  // namespace

RankedRows::RankedRows(MatrixView<double> rows, const std::vector<std::uint8_t>& flags, std::size_t threads)
    : ranks(rows.cols(), rows.rows()), values(rows.cols()), positive(flags.size()) {
  for (std::size_t i = 0; i < flags.size(); ++i) positive[i] = flags[i] != 0 ? 1 : 0;
  parallel_blocks(rows.cols(), 1, threads, [&](std::size_t feature, std::size_t) {
    rank_feature(rows, feature, *this);
  });
}

TreeGrower::TreeGrower(const RankedRows& rows, std::size_t features)
    : rows_(rows), drawn_(features), shuffled_(rows.values.size()) {
  std::size_t most = 0;
  for (const auto& values : rows.values) most = std::max(most, values.size());
  weights_at_.assign(most, 0);
  positives_at_.assign(most, 0);
}

std::vector<RandomForest::Node> TreeGrower::grow(const std::vector<std::uint32_t>& weights, RandomStream random) {
  weights_ = &weights;
  order_.clear();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0) order_.push_back(static_cast<std::uint32_t>(i));
  }
  std::iota(shuffled_.begin(), shuffled_.end(), std::size_t{0});
  std::vector<RandomForest::Node> nodes(1);
  std::vector<Piece> open{{0, 0, order_.size()}};
  while (!open.empty()) {
    const Piece piece = open.back();
    open.pop_back();
    const Counts counts = count(piece);
    Split split;
    const bool pure = counts.positive == 0 || counts.positive == counts.all;
    if (!pure && best_split(piece, counts, random, split)) {
      divide(piece, split, nodes, open);
    } else {
      nodes[piece.node].value = counts.positive / counts.all;
    }
  }
  return nodes;
}

TreeGrower::Counts TreeGrower::count(const Piece& piece) const {
  Counts counts;
  for (std::size_t k = piece.begin; k < piece.end; ++k) {
    const auto weight = static_cast<double>((*weights_)[order_[k]]);
    counts.all += weight;
    counts.positive += rows_.positive[order_[k]] * weight;
  }
  return counts;
}

/// Among the features drawn; false if all features are constant.
bool TreeGrower::best_split(const Piece& piece, const Counts& counts, RandomStream& random, Split& best) {
  bool found = false;
  for (std::size_t k = 0; k < shuffled_.size() && (k < drawn_ || !found); ++k) {
    std::swap(shuffled_[k], shuffled_[k + random.below(shuffled_.size() - k)]);
    found |= try_feature(shuffled_[k], piece, counts, best);
  }
  return found;
}

bool TreeGrower::try_feature(std::size_t feature, const Piece& piece, const Counts& counts, Split& best) {
  const std::size_t ranks = rows_.values[feature].size();
  if (ranks == 1) return false;
  return (piece.end - piece.begin) * kCountedShare >= ranks ? try_counted(feature, piece, counts, best)
                                                           : try_sorted(feature, piece, counts, best);
}

/// Walks the node's rows by their rank; false if all have one.
bool TreeGrower::try_sorted(std::size_t feature, const Piece& piece, const Counts& counts, Split& best) {
  const std::uint32_t* ranks = rows_.ranks.row(feature);
  keys_.resize(piece.end - piece.begin);
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    const std::uint32_t row = order_[piece.begin + k];
    keys_[k] = (std::uint64_t{ranks[row]} << 32U) | (std::uint64_t{(*weights_)[row]} << 1U) | rows_.positive[row];
  }
  std::sort(keys_.begin(), keys_.end());
  if (keys_.front() >> 32U == keys_.back() >> 32U) return false;
  Counts left;
  for (std::size_t k = 0; k + 1 < keys_.size(); ++k) {
    const auto weight = static_cast<double>((keys_[k] & 0xffffffffU) >> 1U);
    left.all += weight;
    if ((keys_[k] & 1U) != 0) left.positive += weight;
    if (keys_[k] >> 32U == keys_[k + 1] >> 32U) continue;
    const double gain = purity(left.positive, left.all) +
                        purity(counts.positive - left.positive, counts.all - left.all);
    if (gain > best.gain) {
      best = {gain, feature, static_cast<std::uint32_t>(keys_[k] >> 32U),
              static_cast<std::uint32_t>(keys_[k + 1] >> 32U)};
    }
  }
  return true;
}

/// The same by counting at each rank, which for many rows is quicker than sorting them.
bool TreeGrower::try_counted(std::size_t feature, const Piece& piece, const Counts& counts, Split& best) {
  const std::uint32_t* ranks = rows_.ranks.row(feature);
  const std::size_t n_ranks = rows_.values[feature].size();
  for (std::size_t k = piece.begin; k < piece.end; ++k) {
    const std::uint32_t row = order_[k], weight = (*weights_)[row];
    weights_at_[ranks[row]] += weight;
    positives_at_[ranks[row]] += rows_.positive[row] * weight;
  }
  Counts left;
  std::size_t before = n_ranks;
  for (std::size_t rank = 0; rank < n_ranks; ++rank) {
    if (weights_at_[rank] == 0) continue;
    if (before != n_ranks) {
      const double gain = purity(left.positive, left.all) +
                          purity(counts.positive - left.positive, counts.all - left.all);
      if (gain > best.gain) {
        best = {gain, feature, static_cast<std::uint32_t>(before), static_cast<std::uint32_t>(rank)};
      }
    }
    left.all += static_cast<double>(weights_at_[rank]);
    left.positive += static_cast<double>(positives_at_[rank]);
    weights_at_[rank] = positives_at_[rank] = 0;
    if (left.all == counts.all) return before != n_ranks;
    before = rank;
  }
  return false;
}

void TreeGrower::divide(const Piece& piece, const Split& split, std::vector<RandomForest::Node>& nodes,
                        std::vector<Piece>& open) {
  const std::uint32_t* ranks = rows_.ranks.row(split.feature);
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(piece.begin);
  const auto middle = std::stable_partition(first, order_.begin() + static_cast<std::ptrdiff_t>(piece.end),
                                            [&](std::uint32_t row) { return ranks[row] <= split.low; });
  const std::size_t left = nodes.size();
  const std::size_t cut = static_cast<std::size_t>(middle - order_.begin());
  const std::vector<double>& values = rows_.values[split.feature];
  nodes[piece.node] = {half_way(values[split.low], values[split.high]), static_cast<std::int32_t>(split.feature),
                       static_cast<std::uint32_t>(left)};
  nodes.resize(left + 2);
  open.push_back({left + 1, cut, piece.end});
  open.push_back({left, piece.begin, cut});
}

}  // namespace deepmine
