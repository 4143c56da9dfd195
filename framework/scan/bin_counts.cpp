#include "framework/scan/bin_counts.h"

#include <algorithm>
#include <cassert>

namespace deepmine {
namespace {

// A count waits for the one before it when both go to the same bin; four tables in turn do not.
constexpr std::size_t kTables = 4;
// So many records fill a cache line of `counts`.
constexpr std::size_t kRecords = 16;

class RecordCounter {
 public:
  RecordCounter(const std::vector<std::uint32_t>& items, std::size_t bin_count)
      : items_(items), bin_count_(bin_count) {}

  /// Writes the cumulative counts of one record to out[0], out[kRecords], ...
  void count(const std::uint8_t* bins, bool all_items, std::uint32_t* out) {
    for (auto& table : tables_) std::fill_n(table, bin_count_ + 1, 0U);
    if (all_items) {
      tally([bins](std::size_t k) { return bins[k]; });
    } else {
      tally([bins, items = items_.data()](std::size_t k) { return bins[items[k]]; });
    }
    std::uint32_t sum = 0;
    for (std::size_t b = 0; b < bin_count_; ++b) {
      for (const auto& table : tables_) sum += table[b];
      out[b * kRecords] = sum;
    }
  }

 private:
  template <typename BinOf>
  void tally(BinOf bin_of) {
    std::size_t k = 0;
    for (; k + kTables <= items_.size(); k += kTables) {
      for (std::size_t t = 0; t < kTables; ++t) ++tables_[t][bin_of(k + t)];
    }
    for (; k < items_.size(); ++k) ++tables_[0][bin_of(k)];
  }

  const std::vector<std::uint32_t>& items_;
  std::size_t bin_count_;
  std::uint32_t tables_[kTables][256];
};

}  // namespace

void count_bins(const Matrix<std::uint8_t>& bins, const std::vector<std::uint32_t>& items,
                std::size_t bin_count, Matrix<std::uint32_t>& counts) {
  assert(bin_count <= 255 && items.size() <= bins.cols());
  const std::size_t records = bins.rows();
  if (counts.rows() != bin_count || counts.cols() != records) {
    counts = Matrix<std::uint32_t>(bin_count, records);
  }
  RecordCounter counter(items, bin_count);
  const bool all_items = items.size() == bins.cols();
  std::vector<std::uint32_t> tile(bin_count * kRecords);
  for (std::size_t first = 0; first < records; first += kRecords) {
    const std::size_t size = std::min(kRecords, records - first);
    for (std::size_t r = 0; r < size; ++r) {
      counter.count(bins.row(first + r), all_items, tile.data() + r);
    }
    for (std::size_t b = 0; b < bin_count; ++b) {
      std::copy_n(tile.data() + b * kRecords, size, counts.row(b) + first);
    }
  }
}

}  // namespace deepmine
