#include "framework/attack/saliency.h"

#include <catch2/catch.hpp>
#include <vector>

#include "framework/core/seed.h"

namespace deepmine {
namespace {

struct Features {
  std::vector<float> alpha, beta;
  std::vector<std::uint8_t> domain;

  /// `levels` > 0 makes values repeat.
  Features(std::size_t size, std::uint64_t seed, int levels, bool opposed) : domain(size) {
    RandomStream random{Seed(seed)};
    const auto draw = [&] {
      const double value = 2 * random.uniform() - 1;
      return static_cast<float>(levels > 0 ? std::floor(value * levels) / levels : value);
    };
    for (std::size_t i = 0; i < size; ++i) {
      alpha.push_back(draw());
      beta.push_back(opposed ? 0.3F * draw() + alpha.back() : draw());
      domain[i] = random.uniform() < 0.8;
    }
  }
  double score(std::size_t i, std::size_t k) const {
    const float gain = alpha[i] + alpha[k], loss = beta[i] + beta[k];
    return gain > 0 && loss < 0 ? -gain * loss : 0;
  }
  /// Over all pairs; 0 when none qualifies.
  double highest() const {
    double best = 0;
    for (std::size_t i = 0; i < alpha.size(); ++i) {
      for (std::size_t k = i + 1; k < alpha.size(); ++k) {
        if (domain[i] && domain[k]) best = std::max(best, score(i, k));
      }
    }
    return best;
  }
};

TEST_CASE("the search over pairs finds the best one, whatever repeats and whatever conflicts") {
  int none = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Features f(2 + seed % 40, seed, seed % 3 == 0 ? 3 : 0, seed % 2 == 0);
    INFO(seed);
    const auto pair = best_pair(f.alpha.data(), f.beta.data(), f.domain.data(), f.alpha.size());
    if (!pair) {
      CHECK(f.highest() == 0);
      ++none;
      continue;
    }
    CHECK(pair->first != pair->second);
    CHECK((f.domain[pair->first] && f.domain[pair->second]));
    CHECK(f.score(pair->first, pair->second) == f.highest());
  }
  CHECK(none > 0);
  CHECK(none < 100);
}

TEST_CASE("the two largest slopes are the best pair where the other classes' slopes are their negatives") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Features f(2 + seed % 30, seed, 0, false);
    for (std::size_t i = 0; i < f.alpha.size(); ++i) f.beta[i] = -f.alpha[i];
    INFO(seed);
    const auto pair = best_pair(f.alpha.data(), f.domain.data(), f.alpha.size());
    CHECK(pair.has_value() == (f.highest() > 0));
    if (pair) CHECK(f.score(pair->first, pair->second) == f.highest());
  }
}

TEST_CASE("no pair is found where fewer than two features are left") {
  const std::vector<float> alpha{1, 2, 3}, beta{-1, -2, -3};
  const std::vector<std::uint8_t> one{0, 1, 0}, none{0, 0, 0};
  for (const auto& domain : {one, none}) {
    CHECK_FALSE(best_pair(alpha.data(), domain.data(), 3));
    CHECK_FALSE(best_pair(alpha.data(), beta.data(), domain.data(), 3));
  }
}

}  // namespace
}  // namespace deepmine
