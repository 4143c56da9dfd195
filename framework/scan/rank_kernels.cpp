#include "framework/scan/rank_kernels.h"

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

/// Rows are taken four at a time, so that a limit is loaded once for all of them.
template <typename T>
void count_limits_lanes(const LimitJob<T>& job) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::RebindToSigned<decltype(d)> di;
  using Index = hn::TFromD<decltype(di)>;
  constexpr std::size_t kRows = 4;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(di, 1);
  HWY_ALIGN Index counts[hn::MaxLanes(d)];
  HWY_ALIGN T some[hn::MaxLanes(d)] = {};
  const auto add = [&](auto count, auto limit, auto value) {
    return hn::IfThenElse(hn::RebindMask(di, hn::Ge(limit, value)), hn::Add(count, one), count);
  };
  for (std::size_t j = 0; j < job.nodes; j += lanes) {
    const std::size_t width = job.nodes - j < lanes ? job.nodes - j : lanes;
    const auto value = [&](std::size_t row) {
      const T* from = job.values + (row < job.rows ? row : job.rows - 1) * job.nodes + j;
      if (width == lanes) return hn::LoadU(d, from);
      for (std::size_t k = 0; k < width; ++k) some[k] = from[k];
      return hn::Load(d, some);
    };
    const auto write = [&](std::size_t row, auto count) {
      if (row >= job.rows) return;
      hn::Store(count, di, counts);
      std::uint8_t* to = job.levels + row * job.nodes + j;
      for (std::size_t k = 0; k < width; ++k) to[k] = static_cast<std::uint8_t>(counts[k]);
    };
    for (std::size_t row = 0; row < job.rows; row += kRows) {
      const auto v0 = value(row), v1 = value(row + 1), v2 = value(row + 2), v3 = value(row + 3);
      auto c0 = hn::Zero(di), c1 = c0, c2 = c0, c3 = c0;
      for (std::size_t k = 0; k < job.steps; ++k) {
        const auto limit = hn::Load(d, job.limits + k * job.stride + j);
        c0 = add(c0, limit, v0);
        c1 = add(c1, limit, v1);
        c2 = add(c2, limit, v2);
        c3 = add(c3, limit, v3);
      }
      write(row, c0);
      write(row + 1, c1);
      write(row + 2, c2);
      write(row + 3, c3);
    }
  }
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

void CountLimitsFloat(const LimitJob<float>& job) { count_limits_lanes(job); }
void CountLimitsDouble(const LimitJob<double>& job) { count_limits_lanes(job); }

}  // namespace HWY_NAMESPACE
}  // namespace deepmine::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace deepmine::kernels {

HWY_EXPORT(RankFloat);
HWY_EXPORT(RankDouble);
HWY_EXPORT(CountLimitsFloat);
HWY_EXPORT(CountLimitsDouble);
HWY_EXPORT(KeepBelow);

void rank(const float* sorted, std::size_t size, const float* values, std::size_t n, bool or_equal,
          std::uint32_t* below) {
  HWY_DYNAMIC_DISPATCH(RankFloat)(sorted, size, values, n, or_equal, below);
}

void rank(const double* sorted, std::size_t size, const double* values, std::size_t n,
          bool or_equal, std::uint32_t* below) {
  HWY_DYNAMIC_DISPATCH(RankDouble)(sorted, size, values, n, or_equal, below);
}

void count_limits(const LimitJob<float>& job) { HWY_DYNAMIC_DISPATCH(CountLimitsFloat)(job); }
void count_limits(const LimitJob<double>& job) { HWY_DYNAMIC_DISPATCH(CountLimitsDouble)(job); }

std::size_t keep_below(const std::uint16_t* numbers, std::size_t n, std::uint16_t above,
                       std::uint16_t* kept) {
  return HWY_DYNAMIC_DISPATCH(KeepBelow)(numbers, n, above, kept);
}

}  // namespace deepmine::kernels
#endif
