#include "framework/scan/number_kernels.h"

#include <algorithm>

#include "framework/scan/bit_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/scan/number_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace deepmine::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<std::uint64_t, kLineWords>;
using Word = hn::Vec<Words>;

HWY_INLINE Word load(const std::uint64_t* p) { return hn::LoadU(Words(), p); }
HWY_INLINE void store(Word v, std::uint64_t* p) { hn::StoreU(v, Words(), p); }

#if HWY_TARGET == HWY_SCALAR  // vectors of one lane have no bytes of mask bits

void Unslice(const std::uint64_t* lines, std::size_t planes, std::uint16_t* numbers) {
  for (std::size_t r = 0; r < kLineRecords; ++r) {
    unsigned number = 0;
    for (std::size_t plane = 0; plane < planes; ++plane) {
      number |= static_cast<unsigned>((lines[plane * kLineWords + r / 64] >> (r % 64)) & 1) << plane;
    }
    numbers[r] = static_cast<std::uint16_t>(number);
  }
}

#else

void Unslice(const std::uint64_t* lines, std::size_t planes, std::uint16_t* numbers) {
  const hn::CappedTag<std::uint16_t, 32> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(lines);
  for (std::size_t r = 0; r < kLineRecords; r += lanes) {
    auto sum = hn::Zero(d);
    for (std::size_t plane = 0; plane < planes; ++plane) {
      std::uint8_t mask[8] = {};  // Highway may read 8 bytes
      std::copy_n(bytes + plane * kLineWords * 8 + r / 8, (lanes + 7) / 8, mask);
      const auto digit = hn::LoadMaskBits(d, mask);
      const auto value = hn::Set(d, static_cast<std::uint16_t>(1U << plane));
      sum = hn::Or(sum, hn::IfThenElseZero(digit, value));
    }
    hn::StoreU(sum, d, numbers + r);
  }
}

#endif

/// Splits the places by one digit after another, as far as the range of numbers wants it.
class NumberTree {
 public:
  explicit NumberTree(const NumbersJob& job) : job_(job), words_(job.blocks * kLineWords) {
    std::fill_n(places_[job.planes], words_, ~std::uint64_t{0});
  }

  /// places_[planes] are those whose digits from `planes` on are the ones of `number`.
  void count(std::size_t planes, std::size_t number) {
    const std::size_t plane = planes - 1, upper = number + (std::size_t{1} << plane);
    if (plane == 0) return count_last(number);
    if (number < job_.last && upper > job_.first && split<false>(plane)) count(plane, number);
    if (upper < job_.last && upper + (std::size_t{1} << plane) > job_.first && split<true>(plane)) {
      count(plane, upper);
    }
  }

 private:
  const std::uint64_t* digits(std::size_t plane, std::size_t word) const {
    return job_.lines + word / kLineWords * job_.block_stride + plane * kLineWords + word % kLineWords;
  }

  /// places_[plane] = those of places_[plane + 1] that have the digit, or have it not; whether there
  /// are any.
  template <bool kOne>
  HWY_INLINE bool split(std::size_t plane) {
    const Words d;
    auto any = hn::Zero(d);
    for (std::size_t word = 0; word < words_; word += hn::Lanes(d)) {
      const Word digit = load(digits(plane, word)), all = load(places_[plane + 1] + word);
      const Word some = kOne ? hn::And(digit, all) : hn::AndNot(digit, all);
      store(some, places_[plane] + word);
      any = hn::Or(any, some);
    }
    return !hn::AllTrue(d, hn::Eq(any, hn::Zero(d)));
  }

  HWY_INLINE void count_last(std::size_t number) {
    const Words d;
    auto zeros = hn::Zero(d), ones = hn::Zero(d);
    for (std::size_t word = 0; word < words_; word += hn::Lanes(d)) {
      const Word digit = load(digits(0, word)), all = load(places_[1] + word);
      zeros = hn::Add(zeros, hn::PopulationCount(hn::AndNot(digit, all)));
      ones = hn::Add(ones, hn::PopulationCount(hn::And(digit, all)));
    }
    add(number, hn::GetLane(hn::SumOfLanes(d, zeros)));
    add(number + 1, hn::GetLane(hn::SumOfLanes(d, ones)));
  }

  HWY_INLINE void add(std::size_t number, std::uint64_t count) {
    if (number < job_.first || number >= job_.last) return;
    job_.counts[number] += static_cast<std::uint32_t>(count);
  }

  NumbersJob job_;
  std::size_t words_;
  HWY_ALIGN std::uint64_t places_[kNumberPlanes + 1][kNumberBlocks * kLineWords];
};

void CountNumbers(const NumbersJob& job) { NumberTree(job).count(job.planes, 0); }

/// From the highest digit down, among the records that have all digits so far.
std::size_t Highest(const std::uint64_t* lines, std::size_t planes) {
  const Words d;
  const std::size_t lanes = hn::Lanes(d);
  HWY_ALIGN std::uint64_t among[kLineWords], have[kLineWords];
  for (std::size_t lane = 0; lane < kLineWords; lane += lanes) {
    store(hn::Set(d, ~std::uint64_t{0}), among + lane);
  }
  std::size_t number = 0;
  for (std::size_t plane = planes; plane-- > 0;) {
    auto any = hn::Zero(d);
    for (std::size_t lane = 0; lane < kLineWords; lane += lanes) {
      const Word left = hn::And(load(among + lane), load(lines + plane * kLineWords + lane));
      store(left, have + lane);
      any = hn::Or(any, left);
    }
    if (hn::AllTrue(d, hn::Eq(any, hn::Zero(d)))) continue;
    number |= std::size_t{1} << plane;
    std::copy_n(have, kLineWords, among);
  }
  return number;
}

}  // namespace HWY_NAMESPACE
}  // namespace deepmine::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace deepmine::kernels {

HWY_EXPORT(CountNumbers);
HWY_EXPORT(Highest);
HWY_EXPORT(Unslice);

void count_numbers(const NumbersJob& job) { HWY_DYNAMIC_DISPATCH(CountNumbers)(job); }

std::size_t highest(const std::uint64_t* lines, std::size_t planes) {
  return HWY_DYNAMIC_DISPATCH(Highest)(lines, planes);
}

void unslice(const std::uint64_t* lines, std::size_t planes, std::uint16_t* numbers) {
  HWY_DYNAMIC_DISPATCH(Unslice)(lines, planes, numbers);
}

}  // namespace deepmine::kernels
#endif
