#include "framework/scan/bit_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/scan/bit_kernels.cpp"
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

void Slice(const std::uint8_t* bins, std::size_t planes, std::uint64_t* lines) {
  std::fill_n(lines, planes * kLineWords, std::uint64_t{0});
  for (std::size_t plane = 0; plane < planes; ++plane) {
    for (std::size_t r = 0; r < kLineRecords; ++r) {
      lines[plane * kLineWords + r / 64] |= std::uint64_t{(bins[r] >> plane) & 1U} << (r % 64);
    }
  }
}

#else

void Slice(const std::uint8_t* bins, std::size_t planes, std::uint64_t* lines) {
  const hn::CappedTag<std::uint8_t, 64> bytes;
  const std::size_t lanes = hn::Lanes(bytes);
  for (std::size_t plane = 0; plane < planes; ++plane) {
    const auto bit = hn::Set(bytes, static_cast<std::uint8_t>(1U << plane));
    auto* out = reinterpret_cast<std::uint8_t*>(lines + plane * kLineWords);
    for (std::size_t r = 0; r < kLineRecords; r += lanes) {
      // Highway may write 8 bytes; only those of the lanes count.
      std::uint8_t mask[8];
      hn::StoreMaskBits(bytes, hn::TestBit(hn::LoadU(bytes, bins + r), bit), mask);
      std::copy_n(mask, lanes / 8, out + r / 8);
    }
  }
}

#endif

/// One stage of the transposition of 64 x 64 bits, in every lane: swaps squares of `kShift` bits.
template <int kShift>
HWY_INLINE void swap_squares(std::uint64_t* rows, std::uint64_t mask_bits) {
  const Words d;
  const std::size_t lanes = hn::Lanes(d);
  const Word mask = hn::Set(d, mask_bits);
  for (std::size_t k = 0; k < 64; k = (k + kShift + 1) & ~std::size_t{kShift}) {
    for (std::size_t lane = 0; lane < kLineWords; lane += lanes) {
      std::uint64_t* upper = rows + k * kLineWords + lane;
      std::uint64_t* lower = upper + kShift * kLineWords;
      const Word a = load(upper), b = load(lower);
      const Word moved = hn::And(hn::Xor(hn::ShiftRight<kShift>(a), b), mask);
      store(hn::Xor(a, hn::ShiftLeft<kShift>(moved)), upper);
      store(hn::Xor(b, moved), lower);
    }
  }
}

void Transpose(const std::uint64_t* from, std::size_t from_stride, std::size_t n_rows,
               std::uint64_t* to, std::size_t to_stride) {
  HWY_ALIGN std::uint64_t rows[64 * kLineWords];
  const std::size_t lanes = hn::Lanes(Words());
  for (std::size_t word = 0; word < n_rows / 64; ++word) {
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint64_t* row = from + (word * 64 + i) * from_stride;
      for (std::size_t lane = 0; lane < kLineWords; lane += lanes) {
        store(load(row + lane), rows + i * kLineWords + lane);
      }
    }
    swap_squares<32>(rows, 0x00000000FFFFFFFFULL);
    swap_squares<16>(rows, 0x0000FFFF0000FFFFULL);
    swap_squares<8>(rows, 0x00FF00FF00FF00FFULL);
    swap_squares<4>(rows, 0x0F0F0F0F0F0F0F0FULL);
    swap_squares<2>(rows, 0x3333333333333333ULL);
    swap_squares<1>(rows, 0x5555555555555555ULL);
    for (std::size_t bit = 0; bit < 64; ++bit) {
      for (std::size_t lane = 0; lane < kLineWords; ++lane) {
        to[(lane * 64 + bit) * to_stride + word] = rows[bit * kLineWords + lane];
      }
    }
  }
}

/// A full adder in every bit: sum and carry of a, b and c.
HWY_INLINE Word add(Word a, Word b, Word c, Word& sum) {
  const Word differ = hn::Xor(a, b);
#if HWY_TARGET <= HWY_AVX3
  const Word carry = hn::IfVecThenElse(differ, c, a);  // bit by bit in one instruction
#else
  const Word carry = hn::Or(hn::And(a, b), hn::And(differ, c));
#endif
  sum = hn::Xor(differ, c);
  return carry;
}

/// Adds one bit of each of a batch's items to bit-sliced counters (a tree of full adders, as in the
/// Harley-Seal population count). `bit(k)` is that of item k.
template <typename Bit>
HWY_INLINE void add_batch(Bit bit, std::uint64_t* counter, std::size_t planes) {
  Word ones = load(counter), twos = load(counter + kLineWords);
  Word fours = load(counter + 2 * kLineWords), eights = load(counter + 3 * kLineWords);
  const auto add_two = [&](std::size_t k) { return add(ones, bit(k), bit(k + 1), ones); };
  const auto add_four = [&](std::size_t k) {
    const Word a = add_two(k), b = add_two(k + 2);
    return add(twos, a, b, twos);
  };
  const auto add_eight = [&](std::size_t k) {
    const Word a = add_four(k), b = add_four(k + 4);
    return add(fours, a, b, fours);
  };
  const Word a = add_eight(0), b = add_eight(8);
  Word carry = add(eights, a, b, eights);
  store(ones, counter);
  store(twos, counter + kLineWords);
  store(fours, counter + 2 * kLineWords);
  store(eights, counter + 3 * kLineWords);
  for (std::size_t plane = 4; plane < planes; ++plane) {
    std::uint64_t* at = counter + plane * kLineWords;
    const Word old = load(at);
    store(hn::Xor(old, carry), at);
    carry = hn::And(old, carry);
  }
}

/// The items of a batch split by their bins' upper digits: which records of each item lie in the
/// pairs of bins (16 chunk + 2q, 16 chunk + 2q + 1), q = 0 ... 7. The last digit is left to `lowest`.
struct SplitBatch {
  HWY_ALIGN std::uint64_t pair[8][kBatch * kLineWords];
  HWY_ALIGN std::uint64_t lowest[kBatch * kLineWords];
};

HWY_INLINE void split(const CountJob& job, std::size_t first_item, std::size_t chunk,
                      std::size_t lane, SplitBatch& batch) {
  const auto halves = [](Word whole, Word digit, Word& zero, Word& one) {
    zero = hn::AndNot(digit, whole);
    one = hn::And(digit, whole);
  };
  for (std::size_t k = 0; k < kBatch; ++k) {
    const std::uint64_t* line =
        job.lines + job.items[first_item + k] * job.planes * kLineWords + lane;
    const auto digit = [line](std::size_t plane) { return load(line + plane * kLineWords); };
    Word whole = hn::Set(Words(), ~std::uint64_t{0});
    for (std::size_t plane = 4; plane < job.planes; ++plane) {
      const bool one = ((chunk >> (plane - 4)) & 1) != 0;
      whole = one ? hn::And(digit(plane), whole) : hn::AndNot(digit(plane), whole);
    }
    Word half[2], quarter[4], pair[8];
    halves(whole, digit(3), half[0], half[1]);
    for (int i = 0; i < 2; ++i) halves(half[i], digit(2), quarter[2 * i], quarter[2 * i + 1]);
    for (int i = 0; i < 4; ++i) halves(quarter[i], digit(1), pair[2 * i], pair[2 * i + 1]);
    for (int q = 0; q < 8; ++q) store(pair[q], batch.pair[q] + k * kLineWords);
    store(digit(0), batch.lowest + k * kLineWords);
  }
}

void Count(const CountJob& job) {
  const std::size_t stride = job.count_planes * kLineWords;
  SplitBatch batch;
  const std::size_t lanes = hn::Lanes(Words());
  for (std::size_t lane = 0; lane < kLineWords; lane += lanes) {
    for (std::size_t chunk = 0; chunk * 16 < job.bins; ++chunk) {
      const std::size_t pairs = std::min<std::size_t>(8, (job.bins - chunk * 16 + 1) / 2);
      for (std::size_t item = 0; item < job.n_items; item += kBatch) {
        split(job, item, chunk, lane, batch);
        for (std::size_t q = 0; q < pairs; ++q) {
          const std::size_t bin = chunk * 16 + 2 * q;
          std::uint64_t* counter = job.counts + bin * stride + lane;
          const auto bits = [&](std::size_t k) { return load(batch.pair[q] + k * kLineWords); };
          const auto lowest = [&](std::size_t k) { return load(batch.lowest + k * kLineWords); };
          add_batch([&](std::size_t k) { return hn::AndNot(lowest(k), bits(k)); }, counter,
                    job.count_planes);
          if (bin + 1 == job.bins) break;
          add_batch([&](std::size_t k) { return hn::And(lowest(k), bits(k)); }, counter + stride,
                    job.count_planes);
        }
      }
    }
  }
}

void Invert(std::uint64_t* words, std::size_t n) {
  const std::size_t lanes = hn::Lanes(Words());
  for (std::size_t i = 0; i < n; i += lanes) store(hn::Not(load(words + i)), words + i);
}

/// x - y = ~(~x + y) in as many digits as there are.
void Discount(const CountJob& job) {
  const std::size_t words = job.bins * job.count_planes * kLineWords;
  Invert(job.counts, words);
  Count(job);
  Invert(job.counts, words);
}

void Accumulate(const std::uint64_t* counts, std::size_t bins, std::size_t count_planes,
                std::uint64_t* sums) {
  const std::size_t stride = count_planes * kLineWords, lanes = hn::Lanes(Words());
  if (bins > 0) std::copy_n(counts, stride, sums);
  for (std::size_t bin = 1; bin < bins; ++bin) {
    for (std::size_t lane = 0; lane < kLineWords; lane += lanes) {
      Word carry = hn::Zero(Words());
      for (std::size_t word = lane; word < stride; word += kLineWords) {
        Word sum;
        carry = add(load(sums + (bin - 1) * stride + word), load(counts + bin * stride + word), carry,
                    sum);
        store(sum, sums + bin * stride + word);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace deepmine::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace deepmine::kernels {

HWY_EXPORT(Slice);
HWY_EXPORT(Transpose);
HWY_EXPORT(Count);
HWY_EXPORT(Discount);
HWY_EXPORT(Accumulate);

void slice(const std::uint8_t* bins, std::size_t planes, std::uint64_t* lines) {
  HWY_DYNAMIC_DISPATCH(Slice)(bins, planes, lines);
}

void transpose(const std::uint64_t* from, std::size_t from_stride, std::size_t n_rows,
               std::uint64_t* to, std::size_t to_stride) {
  HWY_DYNAMIC_DISPATCH(Transpose)(from, from_stride, n_rows, to, to_stride);
}

void count(const CountJob& job) { HWY_DYNAMIC_DISPATCH(Count)(job); }

void discount(const CountJob& job) { HWY_DYNAMIC_DISPATCH(Discount)(job); }

void accumulate(const std::uint64_t* counts, std::size_t bins, std::size_t count_planes,
                std::uint64_t* sums) {
  HWY_DYNAMIC_DISPATCH(Accumulate)(counts, bins, count_planes, sums);
}

}  // namespace deepmine::kernels
#endif
