#pragma once

#include <cstddef>
#include <cstdint>

namespace deepmine::kernels {

/// The inner loops of scoring, dispatched like those of bit_kernels.h. Unlike them they round
/// differently from one instruction set to another, within `kEntropyError`: they bound scores, they
/// do not decide.

/// So much may an entropy differ from the true one.
constexpr double kEntropyError = 1e-14;
/// Columns have room for so many entries more.
constexpr std::size_t kColumnPadding = 16;

/// Subsets of which `n_alpha` of `n` p-values are at most some alpha, as columns.
struct SubsetColumns {
  const double* n;
  const double* means;      ///< n_alpha / n, in (0, 1]
  const double* entropies;  ///< x ln x + (1 - x) ln(1 - x) of each mean x
  std::size_t count;
};

/// Which of the numbers `first` to `last` - 1 are not 0, ascending; returns how many. `found` has
/// room for `kColumnPadding` more than those.
std::size_t list_filled(const std::uint32_t* numbers, std::size_t first, std::size_t last,
                        std::uint32_t* found);

/// means = n_alpha / n and their entropies, for `count` subsets.
void complete(const double* n_alpha, const double* n, std::size_t count, double* means,
              double* entropies);

/// bounds = n (entropy + slack - mean ln_alpha - (1 - mean) ln_rest), or 0 where the mean is below
/// `least_mean`; returns the largest.
double divergences(const SubsetColumns& subsets, double ln_alpha, double ln_rest, double slack,
                   double least_mean, double* bounds);

/// bounds = (mean - alpha) sqrt(n) scale, or 0 where the mean is below `least_mean`; returns the
/// largest.
double excesses(const SubsetColumns& subsets, double alpha, double scale, double least_mean,
                double* bounds);

}  // namespace deepmine::kernels
