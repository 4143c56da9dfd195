#include "framework/scan/score_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/scan/score_kernels.cpp"
// clang-format off: the order matters
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace deepmine::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Numbers = hn::CappedTag<double, 8>;
using Number = hn::Vec<Numbers>;

/// x ln x, 0 for 0.
HWY_INLINE Number times_log(Number x) {
  const Numbers d;
  return hn::Mul(x, hn::Log(d, hn::Max(x, hn::Set(d, 1e-300))));
}

std::size_t ListFilled(const std::uint32_t* numbers, std::size_t first, std::size_t last,
                       std::uint32_t* found) {
  const hn::CappedTag<std::uint32_t, kColumnPadding> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t n = 0, i = first;
  for (; i + lanes <= last; i += lanes) {
    const auto filled = hn::Ne(hn::LoadU(d, numbers + i), hn::Zero(d));
    // Not CompressStore: to memory AMD's instruction takes over a hundred cycles.
    hn::StoreU(hn::Compress(hn::Iota(d, static_cast<std::uint32_t>(i)), filled), d, found + n);
    n += hn::CountTrue(d, filled);
  }
  for (; i < last; ++i) {
    found[n] = static_cast<std::uint32_t>(i);
    n += numbers[i] != 0 ? 1 : 0;
  }
  return n;
}

void Complete(const double* n_alpha, const double* n, std::size_t count, double* means,
              double* entropies) {
  const Numbers d;
  const auto one = hn::Set(d, 1.0);
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto mean = hn::Div(hn::LoadU(d, n_alpha + i), hn::LoadU(d, n + i));
    hn::StoreU(mean, d, means + i);
    hn::StoreU(hn::Add(times_log(mean), times_log(hn::Sub(one, mean))), d, entropies + i);
  }
}

/// Stores `bound(i)` for the subsets from i on whose mean is not too low, for every i; returns the
/// largest of them.
template <typename Bound>
HWY_INLINE double store_bounds(const SubsetColumns& subsets, double least_mean, double* bounds,
                               Bound bound) {
  const Numbers d;
  const auto least = hn::Set(d, least_mean);
  auto largest = hn::Zero(d);
  for (std::size_t i = 0; i < subsets.count; i += hn::Lanes(d)) {
    const auto mean = hn::LoadU(d, subsets.means + i);
    const auto counts = hn::And(hn::FirstN(d, subsets.count - i), hn::Ge(mean, least));
    const auto found = hn::IfThenElseZero(counts, bound(i, mean));
    hn::StoreU(found, d, bounds + i);
    largest = hn::Max(largest, found);
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

double Divergences(const SubsetColumns& subsets, double ln_alpha, double ln_rest, double slack,
                   double least_mean, double* bounds) {
  const Numbers d;
  // entropy + slack - ln_rest - mean (ln_alpha - ln_rest)
  const auto constant = hn::Set(d, slack - ln_rest), slope = hn::Set(d, ln_alpha - ln_rest);
  return store_bounds(subsets, least_mean, bounds, [&](std::size_t i, Number mean) {
    const auto entropy = hn::LoadU(d, subsets.entropies + i);
    return hn::Mul(hn::LoadU(d, subsets.n + i),
                   hn::Sub(hn::Add(entropy, constant), hn::Mul(mean, slope)));
  });
}

double Excesses(const SubsetColumns& subsets, double alpha, double scale, double least_mean,
                double* bounds) {
  const Numbers d;
  const auto expected = hn::Set(d, alpha), factor = hn::Set(d, scale);
  return store_bounds(subsets, least_mean, bounds, [&](std::size_t i, Number mean) {
    const auto root = hn::Sqrt(hn::LoadU(d, subsets.n + i));
    return hn::Mul(hn::Mul(hn::Sub(mean, expected), root), factor);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace deepmine::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace deepmine::kernels {

HWY_EXPORT(ListFilled);
HWY_EXPORT(Complete);
HWY_EXPORT(Divergences);
HWY_EXPORT(Excesses);

std::size_t list_filled(const std::uint32_t* numbers, std::size_t first, std::size_t last,
                        std::uint32_t* found) {
  return HWY_DYNAMIC_DISPATCH(ListFilled)(numbers, first, last, found);
}

void complete(const double* n_alpha, const double* n, std::size_t count, double* means,
              double* entropies) {
  HWY_DYNAMIC_DISPATCH(Complete)(n_alpha, n, count, means, entropies);
}

double divergences(const SubsetColumns& subsets, double ln_alpha, double ln_rest, double slack,
                   double least_mean, double* bounds) {
  return HWY_DYNAMIC_DISPATCH(Divergences)(subsets, ln_alpha, ln_rest, slack, least_mean, bounds);
}

double excesses(const SubsetColumns& subsets, double alpha, double scale, double least_mean,
                double* bounds) {
  return HWY_DYNAMIC_DISPATCH(Excesses)(subsets, alpha, scale, least_mean, bounds);
}

}  // namespace deepmine::kernels
#endif
