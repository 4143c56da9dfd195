#include "framework/scan/bin_counts.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "framework/core/seed.h"

using namespace deepmine;

namespace {

Matrix<std::uint8_t> random_bins(std::size_t records, std::size_t items, std::size_t bin_count) {
  RandomStream random(Seed(records * 1000 + items));
  Matrix<std::uint8_t> bins(records, items);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins.data()[i] = static_cast<std::uint8_t>(random.below(bin_count + 1));
  }
  return bins;
}

std::uint32_t by_definition(const Matrix<std::uint8_t>& bins,
                            const std::vector<std::uint32_t>& items, std::size_t bin,
                            std::size_t record) {
  std::uint32_t count = 0;
  for (std::uint32_t item : items) count += bins(record, item) <= bin ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("bin counts equal their definition for any shape and selection") {
  Matrix<std::uint32_t> counts;  // reused, as a scan does
  for (std::size_t bin_count : {1U, 50U, 255U}) {
    for (std::size_t records : {1U, 15U, 16U, 33U}) {
      for (std::size_t item_count : {1U, 3U, 4U, 70U}) {
        const auto bins = random_bins(records, item_count, bin_count);
        std::vector<std::uint32_t> all(item_count);
        std::iota(all.begin(), all.end(), 0U);
        std::vector<std::uint32_t> some;
        for (std::uint32_t i = 0; i < item_count; i += 3) some.push_back(i);
        for (const auto& items : {all, some}) {
          count_bins(bins, items, bin_count, counts);
          REQUIRE(counts.rows() == bin_count);
          REQUIRE(counts.cols() == records);
          bool equal = true;
          for (std::size_t b = 0; b < bin_count; ++b) {
            for (std::size_t r = 0; r < records; ++r) {
              equal = equal && counts(b, r) == by_definition(bins, items, b, r);
            }
          }
          CHECK(equal);
        }
      }
    }
  }
}

TEST_CASE("bin counts beyond 65535 do not wrap") {
  const std::size_t items = 300001;
  std::vector<std::uint32_t> all(items);
  std::iota(all.begin(), all.end(), 0U);
  Matrix<std::uint32_t> counts;
  count_bins(Matrix<std::uint8_t>(2, items, std::uint8_t{3}), all, 5, counts);
  CHECK(counts(2, 1) == 0);
  CHECK(counts(3, 1) == items);
  CHECK(counts(4, 1) == items);
}
