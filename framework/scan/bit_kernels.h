#pragma once

#include <cstddef>
#include <cstdint>

namespace deepmine::kernels {

/// The inner loops of a scan, for every instruction set that Highway knows, the best one chosen when
/// the program starts. All of them give identical results: they only move and count bits.
///
/// Bins and counts are bit-sliced. A line is 512 bits of one binary digit (plane) for 512 records,
/// bit r of it for record r; lines lie plane by plane.

constexpr std::size_t kLineWords = 8;
constexpr std::size_t kLineRecords = 64 * kLineWords;
/// Items are counted in batches of this size; a list of them is padded to whole batches.
constexpr std::size_t kBatch = 16;
/// Fewest planes of bins and of counts that `count` works with.
constexpr std::size_t kLeastBinPlanes = 4;
constexpr std::size_t kLeastCountPlanes = 5;

/// 512 bins of one byte each into `planes` lines.
void slice(const std::uint8_t* bins, std::size_t planes, std::uint64_t* lines);

/// Transposes `rows` x 512 bits, `rows` a multiple of 64 up to 512: row i lies at
/// from + i * from_stride, column j goes to to + j * to_stride (strides in words).
void transpose(const std::uint64_t* from, std::size_t from_stride, std::size_t rows,
               std::uint64_t* to, std::size_t to_stride);

/// What `count` reads and writes.
struct CountJob {
  const std::uint64_t* lines;  ///< [items][planes] lines of one block of 512 records
  std::size_t planes;
  const std::uint32_t* items;  ///< `n_items` rows of `lines`, a multiple of kBatch
  std::size_t n_items;
  std::size_t bins;            ///< bins counted: 0 ... bins - 1
  std::uint64_t* counts;       ///< [bins][count_planes] lines
  std::size_t count_planes;    ///< as many as the largest count needs
};

/// Adds to each record's counts how many of the items have each bin.
void count(const CountJob& job);
/// The reverse of `count`.
void discount(const CountJob& job);

/// sums[bin] = counts[0] + ... + counts[bin], all of them [bins][count_planes] lines.
void accumulate(const std::uint64_t* counts, std::size_t bins, std::size_t count_planes,
                std::uint64_t* sums);

}  // namespace deepmine::kernels
