#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deepmine {

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

 private:
  std::size_t records_ = 0, items_ = 0, above_ = 0;
  std::size_t planes_ = 0, blocks_ = 0, rows_ = 0;
  hwy::AlignedFreeUniquePtr<std::uint64_t[]> words_;  ///< [blocks][rows][planes] lines
};

/// How many of some items each record has up to each bin, bit-sliced.
class SlicedCounts {
 public:
  /// Counts `items` (of `slices`, different) up to each of `bins` bins.
  void count(const BitSlices& slices, const std::vector<std::uint32_t>& items, std::size_t bins);

  std::size_t records() const { return records_; }
  /// How many items were counted: the largest count there can be.
  std::size_t items() const { return items_; }
  /// The count of each record up to one bin.
  void unslice(std::size_t bin, std::vector<std::uint32_t>& counts) const;
  /// Adds to histogram[c], for each count c up to one bin, the number of records that have it.
  void add_to(std::vector<std::uint32_t>& histogram, std::size_t bin) const;

 private:
  template <typename Visit>
  void for_each_block(std::size_t bin, Visit visit) const;

  std::size_t records_ = 0, items_ = 0, bins_ = 0, planes_ = 0, blocks_ = 0, capacity_ = 0;
  std::vector<std::uint32_t> padded_;
  hwy::AlignedFreeUniquePtr<std::uint64_t[]> words_;  ///< [blocks][bins][planes] lines
};

}  // namespace deepmine
