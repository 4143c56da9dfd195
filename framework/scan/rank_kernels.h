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

/// levels(i, j) = how many of the limits of node j are at least values(i, j). Returns whether all
/// values are finite; levels of others mean nothing.
bool count_limits(const LimitJob<float>& job);
bool count_limits(const LimitJob<double>& job);

/// What `linear_levels` reads and writes.
struct LinearLevelJob {
  const double* p_values;
  std::size_t n;
  const double* bounded_alphas;  ///< minus infinity, the ascending alphas, infinity
  std::size_t n_alphas;          ///< at most 255, at about equal distances
  double levels_per_unit;        ///< n_alphas / the last alpha
  std::uint8_t* levels;          ///< [n]
};

/// levels[i] = how many alphas are less than p_values[i]. Returns whether all p-values lie in (0, 1];
/// levels of others mean nothing.
bool linear_levels(const LinearLevelJob& job);

/// Copies those of up to `kKeptAtOnce` numbers that are below `above` to `kept`, in order; returns
/// how many. `kept` has room for `kKeptAtOnce`.
constexpr std::size_t kKeptAtOnce = 4096;
std::size_t keep_below(const std::uint16_t* numbers, std::size_t n, std::uint16_t above,
                       std::uint16_t* kept);

}  // namespace deepmine::kernels
