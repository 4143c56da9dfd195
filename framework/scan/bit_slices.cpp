#include "framework/scan/bit_slices.h"

#include <algorithm>
#include <iterator>
#include <new>

#include "framework/core/interrupt.h"
#include "framework/scan/bit_kernels.h"
#include "framework/scan/number_kernels.h"

namespace deepmine {

using kernels::kLineRecords;
using kernels::kLineWords;

namespace {

constexpr std::size_t kWordRecords = 64;
constexpr std::size_t kLowPlanes = 16;  // what kernels::unslice can hold

hwy::AlignedFreeUniquePtr<std::uint64_t[]> room_for(std::size_t count) {
  auto words = hwy::AllocateAligned<std::uint64_t>(std::max<std::size_t>(1, count) * kLineWords);
  if (!words) throw std::bad_alloc();
  return words;
}

std::size_t up_to_multiple(std::size_t number, std::size_t of) {
  return (number + of - 1) / of * of;
}

std::size_t binary_digits(std::size_t number) {
  std::size_t digits = 0;
  for (; number > 0; number /= 2) ++digits;
  return digits;
}

}  // namespace

std::size_t bin_planes(std::size_t above) {
  return std::max(kernels::kLeastBinPlanes, binary_digits(above));
}

std::size_t count_planes(std::size_t items) {
  return std::max(kernels::kLeastCountPlanes, binary_digits(items));
}

BitSlices::BitSlices(std::size_t records, std::size_t items, std::size_t above, Bins)
    : records_(records),
      items_(items),
      above_(above),
      planes_(bin_planes(above)),
      blocks_(up_to_multiple(records, kLineRecords) / kLineRecords),
      rows_(up_to_multiple(items + 1, kLineRecords)),
      words_(room_for(blocks_ * rows_ * planes_)) {}

BitSlices::BitSlices(std::size_t records, std::size_t items, std::size_t above)
    : BitSlices(records, items, above, Bins::kUnset) {
  clear_from(0);
}

void BitSlices::clear_from(std::size_t row) {
  for (std::size_t block = 0; block < blocks_; ++block) {
    std::uint64_t* line = lines(block, row);
    for (std::size_t k = 0; k < (rows_ - row) * planes_; ++k, line += kLineWords) {
      const bool digit = ((above_ >> (k % planes_)) & 1) != 0;
      std::fill_n(line, kLineWords, digit ? ~std::uint64_t{0} : 0);
    }
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
  BitSlices result(items_, records_, above_, Bins::kUnset);
  const std::size_t last_rows = items_ % kLineRecords;
  const bool all_written = last_rows == 0 || last_rows > kLineRecords - kWordRecords;
  result.clear_from(all_written ? blocks_ * kLineRecords : 0);
  const std::size_t stride = planes_ * kLineWords;
  for (std::size_t to_block = 0; to_block < result.blocks_; ++to_block) {
    const std::size_t first = to_block * kLineRecords;
    const std::size_t rows = up_to_multiple(std::min(kLineRecords, items_ - first), kWordRecords);
    for (std::size_t block = 0; block < blocks_; ++block) {
      for (std::size_t plane = 0; plane < planes_; ++plane) {
        kernels::transpose(lines(block, first) + plane * kLineWords, stride, rows,
                           result.lines(to_block, block * kLineRecords) + plane * kLineWords,
                           stride);
      }
    }
  }
  return result;
}

BitSlices BitSlices::gathered(const std::vector<std::size_t>& items) const {
  BitSlices result(records_, items.size(), above_, Bins::kUnset);
  result.clear_from(items.size());
  const std::size_t words = planes_ * kLineWords;
  for (std::size_t block = 0; block < blocks_; ++block) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::copy_n(lines(block, items[i]), words, result.lines(block, i));
    }
  }
  return result;
}

SlicedCounts::SlicedCounts(const BitSlices& slices, std::size_t bins, std::size_t group)
    : slices_(slices),
      bins_(bins),
      planes_(count_planes(slices.items())),
      group_(group),
      counts_(room_for(slices.blocks() * bins_ * planes_)),
      sums_(room_for(slices.blocks() * bins_ * planes_)) {
  std::fill_n(counts_.get(), slices.blocks() * bins_ * planes_ * kLineWords, 0U);
}

void SlicedCounts::count(const std::vector<std::uint32_t>& items) {
  more_.clear();
  fewer_.clear();
  std::set_difference(items.begin(), items.end(), items_.begin(), items_.end(),
                      std::back_inserter(more_));
  std::set_difference(items_.begin(), items_.end(), items.begin(), items.end(),
                      std::back_inserter(fewer_));
  if (more_.size() + fewer_.size() >= items.size()) {
    std::fill_n(counts_.get(), slices_.blocks() * bins_ * planes_ * kLineWords, 0U);
    more_ = items;
    fewer_.clear();
  }
  items_ = items;
  change();
}

/// Counts the items `more_` and no longer `fewer_`.
void SlicedCounts::change() {
  for (auto* items : {&more_, &fewer_}) {
    items->resize(up_to_multiple(items->size(), kernels::kBatch), slices_.padding());
  }
  for (std::size_t block = 0; block < slices_.blocks(); ++block) {
    throw_if_interrupted();
    const std::size_t first = block * bins_ * planes_ * kLineWords;
    const auto job = [&](const std::vector<std::uint32_t>& items) {
      return kernels::CountJob{
          slices_.lines(block, 0), slices_.planes(), items.data(), items.size(), bins_,
          counts_.get() + first,   planes_};
    };
    if (!more_.empty()) kernels::count(job(more_));
    if (!fewer_.empty()) kernels::discount(job(fewer_));
    kernels::accumulate(counts_.get() + first, bins_, planes_, sums_.get() + first);
  }
}

/// Calls visit(counts, high_counts, n) for at most 512 records at a time; `high_counts` are the
/// digits beyond the 16th, null where there are none.
template <typename Visit>
void SlicedCounts::for_each_block(std::size_t bin, Visit visit) const {
  alignas(64) std::uint16_t low[kLineRecords], high[kLineRecords];
  for (std::size_t block = 0; block < slices_.blocks(); ++block) {
    const std::uint64_t* lines = sums_.get() + (block * bins_ + bin) * planes_ * kLineWords;
    const std::size_t planes = std::max<std::size_t>(1, binary_digits(items_.size()));
    kernels::unslice(lines, std::min(planes, kLowPlanes), low);
    const bool more = planes > kLowPlanes;
    if (more) kernels::unslice(lines + kLowPlanes * kLineWords, planes - kLowPlanes, high);
    visit(low, more ? high : nullptr,
          std::min(kLineRecords, slices_.records() - block * kLineRecords));
  }
}

std::size_t SlicedCounts::highest(std::size_t bin) const {
  std::size_t highest = 0;
  for (std::size_t block = 0; block < slices_.blocks(); ++block) {
    const std::uint64_t* lines = sums_.get() + (block * bins_ + bin) * planes_ * kLineWords;
    highest = std::max(highest, kernels::highest(lines, planes_));
  }
  return highest * group_;
}

bool SlicedCounts::is_narrow(std::size_t first, std::size_t last) const {
  // Where walking the digits was measured to beat counting record by record.
  constexpr std::size_t kWidth = 128, kBlocks = 4;
  return group_ == 1 && slices_.blocks() >= kBlocks && last - first <= kWidth &&
         planes_ <= kernels::kNumberPlanes;
}

void SlicedCounts::add_range(std::vector<std::uint32_t>& histogram, std::size_t bin,
                             std::size_t first, std::size_t last) const {
  const std::size_t stride = bins_ * planes_ * kLineWords;
  for (std::size_t block = 0; block < slices_.blocks(); block += kernels::kNumberBlocks) {
    const std::uint64_t* lines = sums_.get() + block * stride + bin * planes_ * kLineWords;
    kernels::count_numbers({lines, std::min(kernels::kNumberBlocks, slices_.blocks() - block),
                            stride, planes_, first, last, histogram.data()});
  }
}

/// Calls visit(count) for each record.
template <typename Visit>
void SlicedCounts::for_each_count(std::size_t bin, Visit visit) const {
  std::size_t members = 0;
  std::uint32_t sum = 0;
  for_each_block(bin, [&](const std::uint16_t* low, const std::uint16_t* high, std::size_t n) {
    for (std::size_t r = 0; r < n; ++r) {
      sum += low[r] | (high != nullptr ? std::uint32_t{high[r]} << kLowPlanes : 0U);
      if (++members < group_) continue;
      visit(sum);
      members = sum = 0;
    }
  });
}

void SlicedCounts::unslice(std::size_t bin, std::vector<std::uint32_t>& counts) const {
  counts.resize(records());
  auto to = counts.begin();
  for_each_count(bin, [&](std::uint32_t count) { *to++ = count; });
}

void SlicedCounts::add_to(std::vector<std::uint32_t>& histogram, std::size_t bin) const {
  if (group_ > 1 || planes_ > kLowPlanes) {
    for_each_count(bin, [&](std::uint32_t count) { ++histogram[count]; });
    return;
  }
  // A counter that is raised again and again waits for itself; four in turn do not. They pay where
  // there are many more records than counts.
  constexpr std::size_t kTables = 4, kMostCounts = 1024;
  std::uint32_t tables[kTables][kMostCounts];
  const std::size_t counts = items_.size() + 1;
  const bool several = counts <= kMostCounts && 4 * counts <= records();
  for (auto& table : tables) std::fill_n(table, several ? counts : 0, 0U);
  for_each_block(bin, [&](const std::uint16_t* low, const std::uint16_t*, std::size_t n) {
    std::size_t r = 0;
    for (; several && r + kTables <= n; r += kTables) {
      for (std::size_t t = 0; t < kTables; ++t) ++tables[t][low[r + t]];
    }
    for (; r < n; ++r) ++histogram[low[r]];
  });
  for (std::size_t c = 0; several && c < counts; ++c) {
    for (const auto& table : tables) histogram[c] += table[c];
  }
}

}  // namespace deepmine
