#include "framework/scan/bit_slices.h"

#include <algorithm>
#include <new>

#include "framework/scan/bit_kernels.h"

namespace deepmine {

using kernels::kLineRecords;
using kernels::kLineWords;

namespace {

constexpr std::size_t kWordRecords = 64;
constexpr std::size_t kLowPlanes = 16;  // what kernels::unslice can hold

std::size_t digits_of(std::size_t number) {
  std::size_t digits = 0;
  for (; number > 0; number /= 2) ++digits;
  return digits;
}

std::size_t up_to_multiple(std::size_t number, std::size_t of) { return (number + of - 1) / of * of; }

}  // namespace

BitSlices::BitSlices(std::size_t records, std::size_t items, std::size_t above)
    : records_(records),
      items_(items),
      above_(above),
      planes_(std::max(kernels::kLeastBinPlanes, digits_of(above))),
      blocks_(up_to_multiple(records, kLineRecords) / kLineRecords),
      rows_(up_to_multiple(items + 1, kLineRecords)),
      words_(hwy::AllocateAligned<std::uint64_t>(blocks_ * rows_ * planes_ * kLineWords)) {
  if (!words_) throw std::bad_alloc();
  for (std::size_t line = 0; line < blocks_ * rows_ * planes_; ++line) {
    const bool digit = ((above >> (line % planes_)) & 1) != 0;
    std::fill_n(words_.get() + line * kLineWords, kLineWords, digit ? ~std::uint64_t{0} : 0);
  }
}

const std::uint64_t* BitSlices::lines(std::size_t block, std::size_t item) const {
  return words_.get() + (block * rows_ + item) * planes_ * kLineWords;
}

std::uint64_t* BitSlices::lines(std::size_t block, std::size_t item) {
  return words_.get() + (block * rows_ + item) * planes_ * kLineWords;
}

void BitSlices::set_item(std::size_t item, const std::uint8_t* bins) {
  const std::size_t whole = records_ / kLineRecords, rest = records_ % kLineRecords;
  for (std::size_t block = 0; block < whole; ++block) {
    kernels::slice(bins + block * kLineRecords, planes_, lines(block, item));
  }
  if (rest == 0) return;
  std::uint8_t last[kLineRecords];
  std::copy_n(bins + whole * kLineRecords, rest, last);
  std::fill(last + rest, last + kLineRecords, static_cast<std::uint8_t>(above_));
  kernels::slice(last, planes_, lines(whole, item));
}

BitSlices BitSlices::transposed() const {
  BitSlices result(items_, records_, above_);
  const std::size_t stride = planes_ * kLineWords;
  for (std::size_t to_block = 0; to_block < result.blocks_; ++to_block) {
    const std::size_t first = to_block * kLineRecords;
    const std::size_t rows = up_to_multiple(std::min(kLineRecords, items_ - first), kWordRecords);
    for (std::size_t block = 0; block < blocks_; ++block) {
      for (std::size_t plane = 0; plane < planes_; ++plane) {
        kernels::transpose(lines(block, first) + plane * kLineWords, stride, rows,
                           result.lines(to_block, block * kLineRecords) + plane * kLineWords, stride);
      }
    }
  }
  return result;
}

void SlicedCounts::count(const BitSlices& slices, const std::vector<std::uint32_t>& items,
                         std::size_t bins) {
  records_ = slices.records();
  items_ = items.size();
  bins_ = bins;
  blocks_ = slices.blocks();
  planes_ = std::max(kernels::kLeastCountPlanes, digits_of(items.size()));
  const std::size_t words = blocks_ * bins_ * planes_ * kLineWords;
  if (words > capacity_) {
    words_ = hwy::AllocateAligned<std::uint64_t>(words);
    if (!words_) throw std::bad_alloc();
    capacity_ = words;
  }
  padded_ = items;
  padded_.resize(up_to_multiple(items.size(), kernels::kBatch), slices.padding());
  for (std::size_t block = 0; block < blocks_; ++block) {
    kernels::count({slices.lines(block, 0), slices.planes(), padded_.data(), padded_.size(), bins_,
                    words_.get() + block * bins_ * planes_ * kLineWords, planes_});
  }
}

/// Calls visit(counts, high_counts, n) for at most 512 records at a time; `high_counts` are the
/// digits beyond the 16th, null where there are none.
template <typename Visit>
void SlicedCounts::for_each_block(std::size_t bin, Visit visit) const {
  alignas(64) std::uint16_t low[kLineRecords], high[kLineRecords];
  for (std::size_t block = 0; block < blocks_; ++block) {
    const std::uint64_t* lines = words_.get() + (block * bins_ + bin) * planes_ * kLineWords;
    kernels::unslice(lines, std::min(planes_, kLowPlanes), low);
    const bool more = planes_ > kLowPlanes;
    if (more) kernels::unslice(lines + kLowPlanes * kLineWords, planes_ - kLowPlanes, high);
    visit(low, more ? high : nullptr, std::min(kLineRecords, records_ - block * kLineRecords));
  }
}

void SlicedCounts::unslice(std::size_t bin, std::vector<std::uint32_t>& counts) const {
  counts.clear();
  for_each_block(bin, [&](const std::uint16_t* low, const std::uint16_t* high, std::size_t n) {
    for (std::size_t r = 0; r < n; ++r) {
      counts.push_back(low[r] | (high != nullptr ? std::uint32_t{high[r]} << kLowPlanes : 0U));
    }
  });
}

void SlicedCounts::add_to(std::vector<std::uint32_t>& histogram, std::size_t bin) const {
  for_each_block(bin, [&](const std::uint16_t* low, const std::uint16_t* high, std::size_t n) {
    if (high == nullptr) {
      for (std::size_t r = 0; r < n; ++r) ++histogram[low[r]];
    } else {
      for (std::size_t r = 0; r < n; ++r) ++histogram[low[r] | std::uint32_t{high[r]} << kLowPlanes];
    }
  });
}

}  // namespace deepmine
