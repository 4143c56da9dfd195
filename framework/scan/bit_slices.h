#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deepmine {

/// How many binary digits bins up to `above`, and counts up to `items`, are kept in.
std::size_t bin_planes(std::size_t above);
std::size_t count_planes(std::size_t items);

/// A matrix of bins [items x records] in bit-sliced form: a line of 512 bits per block of records,
/// item and binary digit, so that one instruction looks at 512 bins. The lines of one block lie
/// together, item by item: counting selected items reads whole consecutive cache lines.
class BitSlices {
 public:
  BitSlices() = default;
  /// All bins are `above` at first. Rows of lines beyond `items` stay so: `padding()` is one.
  BitSlices(std::size_t records, std::size_t items, std::size_t above);

  std::size_t records() const { return records_; }
  std::size_t items() const { return items_; }
  std::size_t planes() const { return planes_; }
  std::size_t blocks() const { return blocks_; }
  /// An item that has no bin below `above` for any record.
  std::uint32_t padding() const { return static_cast<std::uint32_t>(items_); }

  /// The [planes] lines of one item for one block of 512 records.
  const std::uint64_t* lines(std::size_t block, std::size_t item) const;
  std::uint64_t* lines(std::size_t block, std::size_t item);

  /// Sets the bins of one item: one byte per record.
  void set_item(std::size_t item, const std::uint8_t* bins);
  /// The same matrix with records and items exchanged.
  BitSlices transposed() const;
  /// The matrix of the given items, in that order, repeats allowed.
  BitSlices gathered(const std::vector<std::size_t>& items) const;

 private:
  /// Sets the bins of all records to `above` for the rows from `row` on.
  void clear_from(std::size_t row);

  std::size_t records_ = 0, items_ = 0, above_ = 0;
  std::size_t planes_ = 0, blocks_ = 0, rows_ = 0;
  hwy::AlignedFreeUniquePtr<std::uint64_t[]> words_;  ///< [blocks][rows][planes] lines

  enum class Bins { kUnset };
  BitSlices(std::size_t records, std::size_t items, std::size_t above, Bins);
};

/// How many of some items each record has up to each bin, bit-sliced. Items that were counted the
/// last time are not counted again when that is less work.
class SlicedCounts {
 public:
  /// `slices` must not change while this lives. `group` consecutive records count as one, with all
  /// their bins; it divides the number of records.
  SlicedCounts(const BitSlices& slices, std::size_t bins, std::size_t group = 1);

  /// Counts `items`, ascending.
  void count(const std::vector<std::uint32_t>& items);

  std::size_t records() const { return slices_.records() / group_; }
  /// The largest count there can be: how many bins each record has among the items counted.
  std::size_t items() const { return items_.size() * group_; }
  /// No record's count up to one bin is above this.
  std::size_t highest(std::size_t bin) const;
  /// The count of each record up to one bin.
  void unslice(std::size_t bin, std::vector<std::uint32_t>& counts) const;
  /// Adds to histogram[c], for each count c of `first` to `last` - 1 up to one bin, the number of
  /// records that have it; `first` is at least 1. For a range that `is_narrow` sooner than
  /// `add_to`.
  void add_range(std::vector<std::uint32_t>& histogram, std::size_t bin, std::size_t first,
                 std::size_t last) const;
  bool is_narrow(std::size_t first, std::size_t last) const;
  /// Adds to histogram[c], for each count c up to one bin, the number of records that have it.
  void add_to(std::vector<std::uint32_t>& histogram, std::size_t bin) const;

 private:
  void change();
  template <typename Visit>
  void for_each_count(std::size_t bin, Visit visit) const;
  template <typename Visit>
  void for_each_block(std::size_t bin, Visit visit) const;

  const BitSlices& slices_;
  std::size_t bins_, planes_, group_;
  std::vector<std::uint32_t> items_, more_, fewer_;
  hwy::AlignedFreeUniquePtr<std::uint64_t[]> counts_;  ///< [blocks][bins][planes] lines, each bin's
  hwy::AlignedFreeUniquePtr<std::uint64_t[]> sums_;    ///< the same up to each bin
};

}  // namespace deepmine
