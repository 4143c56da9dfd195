#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace deepmine {

/// Two features of an image.
struct FeaturePair {
  std::size_t first, second;
};

/// The two features of a domain with the largest sum of `alpha`, if that sum is positive. `domain[i]` says whether
/// feature i may be taken; of equal values the earlier is.
///
/// It is the pair search of JSMA where the slopes of all classes add up to 0, as probabilities' do: then beta is
/// -alpha and the score is the square of the sum.
std::optional<FeaturePair> best_pair(const float* alpha, const std::uint8_t* domain, std::size_t size);

/// The two features i, k of a domain with the largest -(alpha_i + alpha_k)(beta_i + beta_k), among those where
/// the first factor is positive and the second negative.
///
/// Source: Papernot et al. 2016, algorithm 3. The score grows with alpha and with -beta, so a feature that two others
/// equal or exceed in both is never needed: only the rest, found by one sort, are paired. Memory grows with
/// `size`, and time with the sort and the pairs of what it leaves: few where alpha and -beta agree, all features where
/// whatever raises alpha raises beta as well.
/// differs from it in: nothing but which of equally good pairs is taken.
std::optional<FeaturePair> best_pair(const float* alpha, const float* beta, const std::uint8_t* domain,
                                     std::size_t size);

}  // namespace deepmine
