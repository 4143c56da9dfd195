#include "framework/attack/saliency.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "framework/core/interrupt.h"

namespace deepmine {
namespace {

/// The features of the domain that fewer than two others equal or exceed in both alpha and -beta.
std::vector<std::size_t> worth_pairing(const float* alpha, const float* beta, const std::uint8_t* domain,
                                       std::size_t size) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < size; ++i) {
    if (domain[i]) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (alpha[a] != alpha[b]) return alpha[a] > alpha[b];
    return beta[a] != beta[b] ? beta[a] < beta[b] : a < b;
  });
  constexpr float kNone = std::numeric_limits<float>::infinity();
  float lowest = kNone, second = kNone;  // betas of all features before, whose alphas are no smaller
  std::vector<std::size_t> result;
  for (std::size_t i : order) {
    if (beta[i] >= second) continue;
    result.push_back(i);
    second = std::min(second, std::max(lowest, beta[i]));
    lowest = std::min(lowest, beta[i]);
  }
  return result;
}

}  // namespace

std::optional<FeaturePair> best_pair(const float* alpha, const std::uint8_t* domain, std::size_t size) {
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  float first = kNone, second = kNone;
  FeaturePair best{size, size};
  for (std::size_t i = 0; i < size; ++i) {
    if (!domain[i] || !(alpha[i] > second)) continue;
    if (alpha[i] > first) {
      second = first;
      best.second = best.first;
      first = alpha[i];
      best.first = i;
    } else {
      second = alpha[i];
      best.second = i;
    }
  }
  if (best.second == size || !(first + second > 0)) return std::nullopt;
  return best;
}

std::optional<FeaturePair> best_pair(const float* alpha, const float* beta, const std::uint8_t* domain,
                                     std::size_t size) {
  const std::vector<std::size_t> features = worth_pairing(alpha, beta, domain, size);
  std::optional<FeaturePair> best;
  float highest = 0, lowest = 0;  // no beta to come is below `lowest`
  for (const std::size_t feature : features) lowest = std::min(lowest, beta[feature]);
  for (std::size_t i = 0; i < features.size(); ++i) {
    throw_if_interrupted();
    const float a = alpha[features[i]], b = beta[features[i]];
    for (std::size_t k = i + 1; k < features.size(); ++k) {
      const float gain = a + alpha[features[k]];
      if (!(gain > 0) || -gain * (b + lowest) <= highest) break;  // alphas fall from here on
      const float loss = b + beta[features[k]];
      const float score = -gain * loss;
      if (loss < 0 && score > highest) {
        highest = score;
        best = FeaturePair{features[i], features[k]};
      }
    }
  }
  return best;
}

}  // namespace deepmine
