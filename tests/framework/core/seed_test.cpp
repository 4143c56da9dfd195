#include "framework/core/seed.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <catch2/catch.hpp>
#include <set>


namespace deepmine {
namespace {

/// xoshiro256** once more, written from its definition as a product of bit matrices: the linear map
/// is applied bit by bit, so that it shares no shifts or rotations with the program's.
class SlowXoshiro {
 public:
  explicit SlowXoshiro(const std::vector<std::uint64_t>& words) {
    for (std::size_t i = 0; i < 4; ++i) state_[i] = Word(words.at(i));
  }

  std::uint64_t next() {
    const std::uint64_t product = state_[1].to_ullong() * 5;
    const std::uint64_t result = turned(Word(product), 7).to_ullong() * 9;
    std::array<Word, 4> then;
    for (std::size_t bit = 0; bit < 64; ++bit) {
      const bool a = state_[0][bit];
      const bool b = state_[1][bit];
      const bool c = state_[2][bit];
      const bool d = state_[3][bit];
      const bool shifted = bit >= 17 && state_[1][bit - 17];
      then[0][bit] = a ^ b ^ d;
      then[1][bit] = a ^ b ^ c;
      then[2][bit] = a ^ c ^ shifted;
      then[3][bit] = b ^ d;
    }
    then[3] = turned(then[3], 45);
    state_ = then;
    return result;
  }

 private:
  using Word = std::bitset<64>;
  static Word turned(const Word& word, std::size_t places) {
    Word result;
    for (std::size_t bit = 0; bit < 64; ++bit) result[(bit + places) % 64] = word[bit];
    return result;
  }
  std::array<Word, 4> state_;
};

TEST_CASE("Child seeds have their fixed values") {
  // Stored runs name their draws by these; a change here would make them unrepeatable.
  const Seed root(1);
  const Seed named = root.child("deep-mining");
  REQUIRE(named.value() == 0x8df4a59ee0ff0fd3U);
  REQUIRE(named.child("target").value() == 0xca0f5349fe20613eU);
  REQUIRE(named.child("target").child(3).value() == 0xdc54f27c7f3c4d93U);
  REQUIRE(root.child("").value() == 0xadd59ec795ad7f61U);
  REQUIRE(root.child(0).value() == 0x70cec9097e6ce70dU);
  REQUIRE(root.child(1).value() == 0x4e7628b6dc849e46U);
  REQUIRE(Seed(~std::uint64_t{0}).child(~std::uint64_t{0}).value() == 0xe4d971771b652c20U);
}

TEST_CASE("Children of different names, numbers and parents differ") {
  const Seed root(1);
  REQUIRE(root.child(65).value() != root.child("A").value());
  REQUIRE(root.child("a").child("b").value() != root.child("b").child("a").value());
  REQUIRE(root.child("a").child("b").value() != root.child("ab").value());
  std::set<std::uint64_t> seen;
  for (std::uint64_t parent = 0; parent < 100; ++parent) {
    for (std::uint64_t index = 0; index < 100; ++index) {
      seen.insert(Seed(parent).child(index).value());
      seen.insert(Seed(parent).child("run-" + std::to_string(index)).value());
    }
  }
  REQUIRE(seen.size() == 20'000);
}

TEST_CASE("A random stream has its fixed values") {
  RandomStream stream(Seed(1));
  REQUIRE(stream.next() == 0xb3f2af6d0fc710c5U);
  REQUIRE(stream.next() == 0x853b559647364ceaU);
  REQUIRE(stream.next() == 0x92f89756082a4514U);
  RandomStream uniform(Seed(1));
  REQUIRE(uniform.uniform() == 0.7029218331588505);
  REQUIRE(uniform.uniform() == 0.5204366199388569);
  RandomStream below(Seed(1));
  for (std::uint64_t expected : {7, 2, 0, 3, 1, 2, 6, 9, 1, 8})
    REQUIRE(below.below(10) == expected);
  RandomStream wide(Seed(1));  // about half of all draws are drawn again
  for (std::uint64_t expected : {3743247123249303748U, 376989097743764713U, 1367008882666915091U}) {
    REQUIRE(wide.below((std::uint64_t{1} << 63) + 1) == expected);
  }
  REQUIRE(RandomStream(Seed(7)).permutation(10) ==
          std::vector<std::size_t>{4, 6, 8, 0, 1, 3, 5, 2, 7, 9});
}

TEST_CASE("The stream is xoshiro256** as an independent implementation computes it") {
  for (std::uint64_t seed : {0U, 1U, 12345U}) {
    RandomStream stream{Seed(seed)};
    SlowXoshiro slow(stream.state());
    for (int i = 0; i < 200; ++i) REQUIRE(stream.next() == slow.next());
  }
}

TEST_CASE("Uniform numbers lie in their interval and fill it evenly") {
  RandomStream stream(Seed(11));
  constexpr int kDraws = 100'000;
  std::array<int, 20> counts{};
  for (int i = 0; i < kDraws; ++i) {
    const double value = stream.uniform();
    REQUIRE(value >= 0.0);
    REQUIRE(value < 1.0);
    ++counts.at(static_cast<std::size_t>(value * 20));
  }
  double chi_square = 0;
  for (int count : counts) chi_square += (count - 5000.0) * (count - 5000.0) / 5000.0;
  REQUIRE(chi_square < 43.8);  // 19 degrees of freedom, one in a thousand exceeds it
}

TEST_CASE("Whole numbers below a bound are all equally likely") {
  RandomStream stream(Seed(12));
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts.at(stream.below(7));
  double chi_square = 0;
  for (int count : counts) chi_square += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  REQUIRE(chi_square < 22.5);  // 6 degrees of freedom, one in a thousand exceeds it
  for (int i = 0; i < 10; ++i) REQUIRE(stream.below(1) == 0);
}

TEST_CASE("A sample has no number twice and every number and order is equally likely") {
  RandomStream stream(Seed(13));
  std::array<std::array<int, 5>, 3> counts{};
  for (int i = 0; i < 50'000; ++i) {
    const std::vector<std::size_t> sample = stream.sample(3, 5);
    REQUIRE(std::set<std::size_t>(sample.begin(), sample.end()).size() == 3);
    for (std::size_t place = 0; place < 3; ++place) ++counts[place].at(sample[place]);
  }
  for (const auto& place : counts) {
    for (int count : place) REQUIRE(std::abs(count - 10'000) < 400);  // 4.5 standard deviations
  }
  REQUIRE(stream.sample(0, 0).empty());
  REQUIRE(stream.sample(0, 3).empty());
  std::vector<std::size_t> all = stream.permutation(100);
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == i);
}

TEST_CASE("a stream goes on where another stood") {
  RandomStream first{Seed(4)}, second{Seed(5)};
  for (int i = 0; i < 10; ++i) first.next();
  second.set_state(first.state());
  for (int i = 0; i < 10; ++i) CHECK(second.next() == first.next());
}

}  // namespace
}  // namespace deepmine
