#include "framework/scan/bit_slices.h"

#include <hwy/targets.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "framework/core/matrix.h"
#include "framework/core/seed.h"

using namespace deepmine;

namespace {

Matrix<std::uint8_t> random_bins(std::size_t items, std::size_t records, std::size_t bin_count) {
  RandomStream random(Seed(records * 1000 + items));
  Matrix<std::uint8_t> bins(items, records);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins.data()[i] = static_cast<std::uint8_t>(random.below(bin_count + 1));
  }
  return bins;
}

BitSlices sliced(const Matrix<std::uint8_t>& bins, std::size_t bin_count) {
  BitSlices slices(bins.cols(), bins.rows(), bin_count);
  for (std::size_t i = 0; i < bins.rows(); ++i) slices.set_item(i, bins.row(i));
  return slices;
}

/// How many of `items` each record has up to each bin, by definition: [bins x records].
template <typename BinOf>
Matrix<std::uint32_t> by_definition(std::size_t records, const std::vector<std::uint32_t>& items,
                                    std::size_t bin_count, BinOf bin_of) {
  Matrix<std::uint32_t> counts(bin_count, records);
  for (std::size_t b = 0; b < bin_count; ++b) {
    for (std::size_t r = 0; r < records; ++r) {
      for (std::uint32_t item : items) counts(b, r) += bin_of(item, r) <= b ? 1U : 0U;
    }
  }
  return counts;
}

void check_counts(const BitSlices& slices, const std::vector<std::uint32_t>& items,
                  const Matrix<std::uint32_t>& expected) {
  SlicedCounts counts(slices, expected.rows());
  counts.count(items);
  bool equal = true;
  for (std::size_t b = 0; b < expected.rows(); ++b) {
    std::vector<std::uint32_t> found, histogram(items.size() + 1), of_expected(items.size() + 1);
    counts.unslice(b, found);
    REQUIRE(found.size() == expected.cols());
    equal = equal && std::equal(found.begin(), found.end(), expected.row(b));
    counts.add_to(histogram, b);
    for (std::size_t r = 0; r < expected.cols(); ++r) ++of_expected[expected(b, r)];
    equal = equal && histogram == of_expected;
    equal = equal && counts.highest(b) == *std::max_element(found.begin(), found.end());
    for (const std::size_t first : {std::size_t{1}, items.size() / 2, items.size()}) {
      std::vector<std::uint32_t> some(items.size() + 1), of_range(items.size() + 1);
      const std::size_t last = std::min(items.size() + 1, first + 20);
      if (first < 1 || items.size() > 0xffff) continue;
      counts.add_range(some, b, first, last);
      std::copy(of_expected.begin() + static_cast<std::ptrdiff_t>(first),
                of_expected.begin() + static_cast<std::ptrdiff_t>(last),
                of_range.begin() + static_cast<std::ptrdiff_t>(first));
      equal = equal && some == of_range;
    }
  }
  CHECK(equal);
}

}  // namespace

TEST_CASE("sliced counts equal their definition, for any shape, selection and instruction set") {
  for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (std::size_t bin_count : {1U, 15U, 16U, 50U, 255U}) {
      for (std::size_t records : {1U, 64U, 513U, 4700U}) {
        for (std::size_t item_count : {1U, 16U, 33U, 449U}) {
          const auto bins = random_bins(item_count, records, bin_count);
          const BitSlices slices = sliced(bins, bin_count);
          const BitSlices transposed = slices.transposed();
          const auto every_third = [](std::size_t count) {
            std::vector<std::uint32_t> some;
            for (std::uint32_t i = 0; i < count; i += 3) some.push_back(i);
            return some;
          };
          INFO(hwy::TargetName(target) << ", " << bin_count << " bins, " << records << " records, "
                                       << item_count << " items");
          const auto items = every_third(item_count), others = every_third(records);
          check_counts(slices, items,
                       by_definition(records, items, bin_count,
                                     [&](auto item, auto record) { return bins(item, record); }));
          check_counts(transposed, others,
                       by_definition(item_count, others, bin_count,
                                     [&](auto item, auto record) { return bins(record, item); }));
        }
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_CASE("counting from the last count equals counting anew") {
  RandomStream random(Seed(9));
  const auto bins = random_bins(300, 700, 50);
  const BitSlices slices = sliced(bins, 50);
  SlicedCounts counts(slices, 50);
  std::vector<char> selected(300);
  for (int step = 0; step < 60; ++step) {
    for (auto& flag : selected) {
      if (random.below(step % 7 == 0 ? 2 : 40) == 0) flag = static_cast<char>(1 - flag);
    }
    std::vector<std::uint32_t> items;
    for (std::uint32_t i = 0; i < 300; ++i) {
      if (selected[i] != 0) items.push_back(i);
    }
    if (items.empty()) continue;
    counts.count(items);
    SlicedCounts anew(slices, 50);
    anew.count(items);
    bool equal = true;
    for (std::size_t bin = 0; bin < 50; ++bin) {
      std::vector<std::uint32_t> found, expected;
      counts.unslice(bin, found);
      anew.unslice(bin, expected);
      equal = equal && found == expected;
    }
    CHECK(equal);
  }
}

TEST_CASE("sliced counts beyond 65535 do not wrap") {
  const std::uint32_t items = 300001;
  BitSlices slices(2, items, 5);
  const std::uint8_t bins[] = {3, 4};
  for (std::size_t i = 0; i < items; ++i) slices.set_item(i, bins);
  std::vector<std::uint32_t> all(items);
  std::iota(all.begin(), all.end(), 0U);
  check_counts(slices, all,
               Matrix<std::uint32_t>(5, 2, {0, 0, 0, 0, 0, 0, items, 0, items, items}));
}

TEST_CASE("gathered items keep their bins, whatever the shape") {
  for (const std::size_t records : {5U, 512U, 1000U}) {
    const auto bins = random_bins(30, records, 50);
    const std::vector<std::size_t> items = {4, 4, 29, 0, 17};
    Matrix<std::uint8_t> chosen(items.size(), records);
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::copy_n(bins.row(items[i]), records, chosen.row(i));
    }
    const BitSlices gathered = sliced(bins, 50).gathered(items);
    const std::vector<std::uint32_t> all = {0, 1, 2, 3, 4};
    check_counts(gathered, all, by_definition(records, all, 50, [&](auto item, auto record) {
                   return chosen(item, record);
                 }));
    std::vector<std::uint32_t> some;
    for (std::uint32_t record = 0; record < records; record += 2) some.push_back(record);
    check_counts(gathered.transposed(), some,
                 by_definition(items.size(), some, 50,
                               [&](auto item, auto record) { return chosen(record, item); }));
  }
}
