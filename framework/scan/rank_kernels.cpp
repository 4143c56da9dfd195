#include "framework/scan/rank_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/scan/rank_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace deepmine::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// A binary search in every lane, without branches on the values.
template <typename T>
void rank_lanes(const T* sorted, std::size_t size, const T* values, std::size_t n, bool or_equal,
                std::uint32_t* below) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::RebindToSigned<decltype(d)> di;
  using Index = hn::TFromD<decltype(di)>;
  const auto search = [&](auto value, auto before) {
    auto at = hn::Zero(di);
    for (std::size_t rest = size; rest > 1;) {
      const std::size_t half = rest / 2;
      const auto step = hn::Set(di, static_cast<Index>(half));
      const auto probe = hn::GatherIndex(d, sorted + half - 1, at);
      at = hn::Add(at, hn::IfThenElseZero(hn::RebindMask(di, before(probe, value)), step));
      rest -= half;
    }
    const auto last = hn::GatherIndex(d, sorted, at);
    return hn::Sub(at, hn::VecFromMask(di, hn::RebindMask(di, before(last, value))));
  };
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN T some[hn::MaxLanes(d)] = {};
  HWY_ALIGN Index found[hn::MaxLanes(d)];
  for (std::size_t i = 0; i < n; i += lanes) {
    const std::size_t count = n - i < lanes ? n - i : lanes;
    for (std::size_t k = 0; k < count; ++k) some[k] = values[i + k];
    const auto value = hn::Load(d, some);
    const auto at = or_equal ? search(value, [](auto a, auto b) { return hn::Le(a, b); })
                             : search(value, [](auto a, auto b) { return hn::Lt(a, b); });
    hn::Store(at, di, found);
    for (std::size_t k = 0; k < count; ++k) below[i + k] = static_cast<std::uint32_t>(found[k]);
  }
}

/// Counts as bytes, to `to`.
template <typename D, typename V>
HWY_INLINE void store_bytes(D d, V counts, std::uint8_t* to, std::size_t n) {
  using Index = hn::TFromD<D>;
  const hn::Rebind<std::uint8_t, D> bytes;
  if (n == hn::Lanes(d)) {
    if constexpr (sizeof(Index) == 8) {
      const hn::RebindToUnsigned<D> whole;
      hn::StoreU(hn::TruncateTo(bytes, hn::BitCast(whole, counts)), bytes, to);
    } else {  // TruncateTo of 32 bits is wrong in Highway 1.0.3 for one instruction set
      hn::StoreU(hn::DemoteTo(bytes, counts), bytes, to);
    }
    return;
  }
  HWY_ALIGN Index each[hn::MaxLanes(d)];
  hn::Store(counts, d, each);
  for (std::size_t k = 0; k < n; ++k) to[k] = static_cast<std::uint8_t>(each[k]);
}

/// Levels of one vector of nodes for up to four rows, so that a limit is loaded once for all of them;
/// returns whether all values are finite.
template <typename T>
HWY_INLINE bool count_limits_of(const LimitJob<T>& job, std::size_t row, std::size_t j) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto one = hn::Set(di, 1);
  const std::size_t rows = std::min<std::size_t>(4, job.rows - row);
  const std::size_t width = std::min(hn::Lanes(d), job.nodes - j);
  HWY_ALIGN T some[hn::MaxLanes(d)] = {};
  const auto value = [&](std::size_t r) {
    const T* from = job.values + (row + std::min(r, rows - 1)) * job.nodes + j;
    if (width == hn::Lanes(d)) return hn::LoadU(d, from);
    std::copy_n(from, width, some);
    return hn::Load(d, some);
  };
  const auto v0 = value(0), v1 = value(1), v2 = value(2), v3 = value(3);
  auto c0 = hn::Zero(di), c1 = c0, c2 = c0, c3 = c0;
  const auto add = [&](auto& count, auto limit, auto some_value) {
    const auto reached = hn::RebindMask(di, hn::Ge(limit, some_value));
    count = hn::IfThenElse(reached, hn::Add(count, one), count);
  };
  for (std::size_t k = 0; k < job.steps; ++k) {
    const auto limit = hn::Load(d, job.limits + k * job.stride + j);
    add(c0, limit, v0);
    add(c1, limit, v1);
    add(c2, limit, v2);
    add(c3, limit, v3);
  }
  std::uint8_t* to = job.levels + row * job.nodes + j;
  store_bytes(di, c0, to, width);
  if (rows > 1) store_bytes(di, c1, to + job.nodes, width);
  if (rows > 2) store_bytes(di, c2, to + 2 * job.nodes, width);
  if (rows > 3) store_bytes(di, c3, to + 3 * job.nodes, width);
  // x - x is 0, but NaN for infinity and NaN.
  const auto none = hn::Add(hn::Add(hn::Sub(v0, v0), hn::Sub(v1, v1)),
                            hn::Add(hn::Sub(v2, v2), hn::Sub(v3, v3)));
  return hn::AllTrue(d, hn::Eq(none, hn::Zero(d)));
}

/// The limits of so many nodes stay in the first cache, and a row's values are next to each other.
template <typename T>
bool count_limits_lanes(const LimitJob<T>& job) {
  bool finite = true;
  constexpr std::size_t kTile = 512 / sizeof(T);
  const std::size_t lanes = hn::Lanes(hn::CappedTag<T, 64 / sizeof(T)>());
  for (std::size_t tile = 0; tile < job.nodes; tile += kTile) {
    const std::size_t end = std::min(job.nodes, tile + kTile);
    for (std::size_t row = 0; row < job.rows; row += 4) {
      for (std::size_t j = tile; j < end; j += lanes) finite &= count_limits_of(job, row, j);
    }
  }
  return finite;
}

/// A guess by the grid's step, put right by one where rounding misled it.
bool LinearLevels(const LinearLevelJob& job) {
  const hn::CappedTag<double, 8> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t lanes = hn::Lanes(d);
  const auto zero = hn::Zero(d), one = hn::Set(d, 1.0), scale = hn::Set(d, job.levels_per_unit);
  const auto most = hn::Set(d, static_cast<double>(job.n_alphas));
  HWY_ALIGN double some[hn::MaxLanes(d)] = {};
  bool valid = true;
  for (std::size_t i = 0; i < job.n; i += lanes) {
    const std::size_t width = std::min(lanes, job.n - i);
    if (width < lanes) std::fill_n(some, lanes, 1.0);
    if (width < lanes) std::copy_n(job.p_values + i, width, some);
    const auto p = width < lanes ? hn::Load(d, some) : hn::LoadU(d, job.p_values + i);
    const auto inside = hn::And(hn::Gt(p, zero), hn::Le(p, one));
    valid = valid && hn::AllTrue(d, inside);
    const auto steps = hn::Min(most, hn::IfThenElseZero(inside, hn::Mul(p, scale)));
    const auto guess = hn::ConvertTo(di, steps);
    const auto below = hn::GatherIndex(d, job.bounded_alphas, guess);
    const auto above = hn::GatherIndex(d, job.bounded_alphas + 1, guess);
    // A mask is -1 where it holds.
    const auto too_high = hn::VecFromMask(di, hn::RebindMask(di, hn::Ge(below, p)));
    const auto too_low = hn::VecFromMask(di, hn::RebindMask(di, hn::Lt(above, p)));
    store_bytes(di, hn::Sub(hn::Add(guess, too_high), too_low), job.levels + i, width);
  }
  return valid;
}

std::size_t KeepBelow(const std::uint16_t* numbers, std::size_t n, std::uint16_t above,
                      std::uint16_t* kept) {
  const hn::ScalableTag<std::uint16_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto limit = hn::Set(d, above);
  std::size_t count = 0, i = 0;
  // A whole vector is written each time, of which only the first numbers count.
  for (; i + lanes <= n; i += lanes) {
    const auto some = hn::LoadU(d, numbers + i);
    count += hn::CompressStore(some, hn::Lt(some, limit), d, kept + count);
  }
  for (; i < n; ++i) {
    if (numbers[i] < above) kept[count++] = numbers[i];
  }
  return count;
}

void RankFloat(const float* sorted, std::size_t size, const float* values, std::size_t n,
               bool or_equal, std::uint32_t* below) {
  rank_lanes(sorted, size, values, n, or_equal, below);
}

void RankDouble(const double* sorted, std::size_t size, const double* values, std::size_t n,
                bool or_equal, std::uint32_t* below) {
  rank_lanes(sorted, size, values, n, or_equal, below);
}

bool CountLimitsFloat(const LimitJob<float>& job) { return count_limits_lanes(job); }
bool CountLimitsDouble(const LimitJob<double>& job) { return count_limits_lanes(job); }

}  // namespace HWY_NAMESPACE
}  // namespace deepmine::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace deepmine::kernels {

HWY_EXPORT(RankFloat);
HWY_EXPORT(RankDouble);
HWY_EXPORT(CountLimitsFloat);
HWY_EXPORT(CountLimitsDouble);
HWY_EXPORT(LinearLevels);
HWY_EXPORT(KeepBelow);

void rank(const float* sorted, std::size_t size, const float* values, std::size_t n, bool or_equal,
          std::uint32_t* below) {
  HWY_DYNAMIC_DISPATCH(RankFloat)(sorted, size, values, n, or_equal, below);
}

void rank(const double* sorted, std::size_t size, const double* values, std::size_t n,
          bool or_equal, std::uint32_t* below) {
  HWY_DYNAMIC_DISPATCH(RankDouble)(sorted, size, values, n, or_equal, below);
}

bool count_limits(const LimitJob<float>& job) {
  return HWY_DYNAMIC_DISPATCH(CountLimitsFloat)(job);
}

bool count_limits(const LimitJob<double>& job) {
  return HWY_DYNAMIC_DISPATCH(CountLimitsDouble)(job);
}

bool linear_levels(const LinearLevelJob& job) { return HWY_DYNAMIC_DISPATCH(LinearLevels)(job); }

std::size_t keep_below(const std::uint16_t* numbers, std::size_t n, std::uint16_t above,
                       std::uint16_t* kept) {
  return HWY_DYNAMIC_DISPATCH(KeepBelow)(numbers, n, above, kept);
}

}  // namespace deepmine::kernels
#endif
