#pragma once

#include <cstddef>
#include <cstdint>

namespace deepmine::kernels {

/// What reads the bit-sliced numbers that the kernels of bit_kernels.h make, dispatched and exact like
/// those.

/// What `count_numbers` reads and writes.
struct NumbersJob {
  const std::uint64_t* lines;  ///< [blocks] times `planes` lines
  std::size_t blocks, block_stride;  ///< at most kNumberBlocks; in words
  std::size_t planes;                ///< at most kNumberPlanes
  std::size_t first, last;           ///< the numbers that are counted: first ... last - 1
  std::uint32_t* counts;             ///< [last] at least
};
constexpr std::size_t kNumberBlocks = 8, kNumberPlanes = 16;

/// Adds to counts[x] how many of the numbers that the lines hold are x. Without touching each number:
/// good for a narrow range of them.
void count_numbers(const NumbersJob& job);

/// The largest of the 512 numbers that `planes` lines hold.
std::size_t highest(const std::uint64_t* lines, std::size_t planes);

/// The numbers that `planes` lines (at most 16) hold, to 512 places.
void unslice(const std::uint64_t* lines, std::size_t planes, std::uint16_t* numbers);

}  // namespace deepmine::kernels
