#pragma once

#include <cstddef>
#include <cstdint>

namespace deepmine::kernels {

/// The inner loops of p-values and individual scans, dispatched and exact like those of
/// bit_kernels.h.

/// below[i] = how many of the `size` ascending numbers, at least one and fewer than 2^31, are less
/// than values[i], or with `or_equal` at most values[i], for `n` values.
void rank(const float* sorted, std::size_t size, const float* values, std::size_t n, bool or_equal,
          std::uint32_t* below);
void rank(const double* sorted, std::size_t size, const double* values, std::size_t n,
          bool or_equal, std::uint32_t* below);

/// What `count_limits` reads and writes.
template <typename T>
struct LimitJob {
  const T* limits;      ///< [steps] rows of `stride`, one column per node; aligned and padded to
                        ///< whole vectors (64 bytes)
  std::size_t steps;    ///< at most 255
  std::size_t stride;
  const T* values;      ///< [rows x nodes]
  std::size_t rows, nodes;
  std::uint8_t* levels;  ///< [rows x nodes]
};

/// levels(i, j) = how many of the limits of node j are at least values(i, j).
void count_limits(const LimitJob<float>& job);
void count_limits(const LimitJob<double>& job);

/// Copies those of up to `kKeptAtOnce` numbers that are below `above` to `kept`, in order; returns
/// how many. `kept` has room for `kKeptAtOnce`.
constexpr std::size_t kKeptAtOnce = 4096;
std::size_t keep_below(const std::uint16_t* numbers, std::size_t n, std::uint16_t above,
                       std::uint16_t* kept);

}  // namespace deepmine::kernels
