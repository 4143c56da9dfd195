#pragma once

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

/// Attacks written down a second time, as a reader of the papers would: no framework, nothing left out to save
/// time, and no code shared with attacks/. Tests compare with them, benchmarks measure against them.
namespace deepmine::plain {

using Logits = std::function<torch::Tensor(const torch::Tensor& images)>;

struct Aim {
  bool targeted;
  torch::Tensor classes;  ///< int64 [n]
};

inline torch::Tensor gradient(const Logits& logits, const torch::Tensor& x,
                              const std::function<torch::Tensor(const torch::Tensor&)>& loss) {
  const torch::Tensor at = x.detach().clone().requires_grad_(true);
  return torch::autograd::grad({loss(logits(at)).sum()}, {at})[0];
}

inline torch::Tensor loss_gradient(const Logits& logits, const torch::Tensor& x, const Aim& aim) {
  return gradient(logits, x, [&](const torch::Tensor& z) {
    return torch::nn::functional::cross_entropy(
        z, aim.classes, torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
  });
}

inline torch::Tensor fgsm(const Logits& logits, const torch::Tensor& x, const Aim& aim, double epsilon) {
  const torch::Tensor sign = loss_gradient(logits, x, aim).sign();
  return (aim.targeted ? x - epsilon * sign : x + epsilon * sign).clamp(0, 1);
}

/// One image at a time: Foolbox's two passes over a grid, the nearest success kept.
inline torch::Tensor fgsm_minimal(const Logits& logits, const torch::Tensor& x, const Aim& aim, double max_epsilon,
                                  int count) {
  const torch::Tensor sign = loss_gradient(logits, x, aim).sign();
  if ((logits(x).argmax(1) == aim.classes).item<bool>() == aim.targeted) return x;
  torch::Tensor best = x;
  double best_l2 = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < 2; ++pass) {
    int i = 0;
    for (; i < count; ++i) {
      const auto epsilon = static_cast<float>(max_epsilon * (i + 1) / count);
      const torch::Tensor moved = (aim.targeted ? x - epsilon * sign : x + epsilon * sign).clamp(0, 1);
      const bool hit = (logits(moved).argmax(1) == aim.classes).item<bool>();
      if (hit != aim.targeted) continue;
      const double l2 = (moved - x).norm().item<double>();
      if (l2 < best_l2) best = moved, best_l2 = l2;
      break;
    }
    if (i >= 20) break;  // not among the first 20, or never
    max_epsilon = max_epsilon * (i + 1) / count;
    count = 20;
  }
  return best;
}

/// From `start`, which is the image itself for BIM and a random place for PGD.
inline torch::Tensor bim(const Logits& logits, const torch::Tensor& x, const Aim& aim, double epsilon, double step,
                         int steps, const torch::Tensor& start) {
  torch::Tensor moved = start;
  for (int i = 0; i < steps; ++i) {
    const torch::Tensor sign = loss_gradient(logits, moved, aim).sign();
    moved = (aim.targeted ? moved - step * sign : moved + step * sign).clamp(0, 1);
    moved = (x + (moved - x).clamp(-epsilon, epsilon)).clamp(0, 1);
  }
  return moved;
}

/// Along the gradient itself, brought back into the ball of L2 after each step.
inline torch::Tensor pgd_l2(const Logits& logits, const torch::Tensor& x, const Aim& aim, double epsilon, double step,
                            int steps, const torch::Tensor& start) {
  torch::Tensor moved = start;
  for (int i = 0; i < steps; ++i) {
    const torch::Tensor g = loss_gradient(logits, moved, aim);
    for (std::int64_t k = 0; k < x.size(0); ++k) {
      torch::Tensor to = moved[k] + (aim.targeted ? -step : step) * g[k] / g[k].norm();
      const torch::Tensor change = to - x[k];
      if (change.norm().item<double>() > epsilon) to = x[k] + change * (epsilon / change.norm().item<double>());
      moved[k] = to.clamp(0, 1);
    }
  }
  return moved;
}

/// One image at a time, away from its class.
inline torch::Tensor deepfool(const Logits& logits, const torch::Tensor& x, std::int64_t label, int steps,
                              double overshoot) {
  const std::int64_t n_classes = logits(x).size(1);
  torch::Tensor total = torch::zeros_like(x), moved = x;
  for (int i = 0; i < steps && logits(moved).argmax().item<std::int64_t>() == label; ++i) {
    double nearest = std::numeric_limits<double>::infinity();
    torch::Tensor step;
    for (std::int64_t k = 0; k < n_classes; ++k) {
      if (k == label) continue;
      const auto gap = [&](const torch::Tensor& z) { return z.select(1, k) - z.select(1, label); };
      const torch::Tensor w = gradient(logits, moved, gap);
      const double f = std::abs(gap(logits(moved)).item<double>()), length = w.norm().item<double>();
      if (f / length >= nearest) continue;
      nearest = f / length;
      step = std::max(nearest, 1e-4) / length * w;
    }
    total = total + step;
    moved = (x + (1 + overshoot) * total).clamp(0, 1);
  }
  return logits(moved).argmax().item<std::int64_t>() == label ? x : moved;
}

struct CwOptions {
  int searches, steps;
  double rate, c, confidence;
  bool abort;  ///< for a single image only
};

/// All images together, each carried through every step.
inline torch::Tensor cw(const Logits& logits, const torch::Tensor& x, const Aim& aim, const CwOptions& options) {
  const std::int64_t n = x.size(0);
  const auto inf = std::numeric_limits<float>::infinity();
  const auto hinge = [&](const torch::Tensor& z) {
    const torch::Tensor own = z.gather(1, aim.classes.view({-1, 1})).squeeze(1);
    const torch::Tensor other = std::get<0>(z.scatter(1, aim.classes.view({-1, 1}), -inf).max(1));
    return torch::relu((aim.targeted ? other - own : own - other) + options.confidence);
  };
  torch::Tensor best = x.clone(), best_l2 = torch::full({n}, inf);
  std::vector<float> low(static_cast<std::size_t>(n), 0), high(static_cast<std::size_t>(n), 1e10F);
  torch::Tensor c = torch::full({n}, options.c, torch::kFloat32);
  const torch::Tensor w0 = torch::atanh(0.999999 * (2 * x - 1)), x0 = (torch::tanh(w0) + 1) / 2;
  for (int search = 0; search < options.searches; ++search) {
    if (options.searches >= 10 && search == options.searches - 1) {
      for (std::int64_t i = 0; i < n; ++i) c[i] = high[static_cast<std::size_t>(i)];
    }
    torch::Tensor w = w0.clone(), m = torch::zeros_like(w), v = torch::zeros_like(w);
    torch::Tensor succeeded = torch::zeros({n}, torch::kBool);
    double before = inf;
    for (int i = 0; i < options.steps; ++i) {
      w = w.detach().requires_grad_(true);
      const torch::Tensor image = (torch::tanh(w) + 1) / 2, z = logits(image);
      const torch::Tensor l2 = (image - x0).square().flatten(1).sum(1), loss = l2 + c * hinge(z);
      const torch::Tensor g = torch::autograd::grad({loss.sum()}, {w})[0];
      torch::NoGradGuard no_gradient;
      const torch::Tensor kind = z.argmax(1);
      const torch::Tensor met = (aim.targeted ? kind == aim.classes : kind != aim.classes) & (hinge(z) <= 0);
      const torch::Tensor better = met & (l2 < best_l2);
      best = torch::where(better.view({-1, 1, 1, 1}), image, best);
      best_l2 = torch::where(better, l2, best_l2);
      succeeded = succeeded | met;
      m = 0.9 * m + (1 - 0.9) * g;
      v = 0.999 * v + (1 - 0.999) * g * g;
      const double t = i + 1;
      w = w - options.rate * (m / (1 - std::pow(0.9, t))) / ((v / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
      if (!options.abort || i % std::max(1, options.steps / 10) != 0) continue;
      if (loss.item<double>() > 0.9999 * before) break;
      before = loss.item<double>();
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const float now = c[i].item<float>();
      succeeded[i].item<bool>() ? high[k] = std::min(high[k], now) : low[k] = std::max(low[k], now);
      c[i] = high[k] < 1e9 ? (low[k] + high[k]) / 2 : 10 * now;
    }
  }
  return best.detach();
}

/// One image, towards `target`, by the saliency of pairs of values: all slopes, all pairs. `probabilities`: slopes of
/// these, in double precision, or of the logits.
inline torch::Tensor jsma(const Logits& logits, const torch::Tensor& x, std::int64_t target, double theta,
                          double gamma, bool probabilities) {
  torch::Tensor moved = x.clone();
  const std::int64_t size = x.numel(), n_classes = logits(x).size(1);
  std::vector<bool> taken(static_cast<std::size_t>(size), false);
  for (int i = 0; i < static_cast<int>(std::floor(static_cast<double>(size) * gamma / 2)); ++i) {
    if (logits(moved).argmax().item<std::int64_t>() == target) break;
    std::vector<torch::Tensor> slopes;
    for (std::int64_t k = 0; k < n_classes; ++k) {
      slopes.push_back(gradient(logits, moved, [&](const torch::Tensor& z) {
                         return (probabilities ? z.to(torch::kFloat64).softmax(1) : z).select(1, k);
                       }).flatten().to(torch::kFloat64));
    }
    const torch::Tensor alpha = slopes[static_cast<std::size_t>(target)];
    torch::Tensor beta = torch::zeros_like(alpha);
    for (std::int64_t k = 0; k < n_classes; ++k) {
      if (k != target) beta += slopes[static_cast<std::size_t>(k)];
    }
    auto* value = moved.data_ptr<float>();
    const auto* a = alpha.data_ptr<double>();
    const auto* b = beta.data_ptr<double>();
    double highest = 0;
    std::int64_t first = -1, second = -1;
    for (std::int64_t p = 0; p < size; ++p) {
      for (std::int64_t q = p + 1; q < size; ++q) {
        if (taken[static_cast<std::size_t>(p)] || taken[static_cast<std::size_t>(q)]) continue;
        if (value[p] >= 1 || value[q] >= 1 || a[p] + a[q] <= 0 || b[p] + b[q] >= 0) continue;
        const double score = -(a[p] + a[q]) * (b[p] + b[q]);
        if (score > highest) highest = score, first = p, second = q;
      }
    }
    if (first < 0) break;
    for (std::int64_t k : {first, second}) {
      value[k] = std::min(1.0F, value[k] + static_cast<float>(theta));
      taken[static_cast<std::size_t>(k)] = true;
    }
  }
  return moved;
}

/// Foolbox's fast variant for one image towards `target`: of the values that may change, the one where the
/// cross-entropy towards the target is steepest, one at a time, against the slope.
inline torch::Tensor jsma_fast(const Logits& logits, const torch::Tensor& x, std::int64_t target, double theta,
                               int steps, int most_changes) {
  torch::Tensor moved = x.clone();
  auto* value = moved.data_ptr<float>();
  std::vector<int> changes(static_cast<std::size_t>(x.numel()), 0);
  std::vector<bool> open(changes.size(), true);
  for (int i = 0; i < steps && logits(moved).argmax().item<std::int64_t>() != target; ++i) {
    const torch::Tensor slope = loss_gradient(logits, moved, {true, torch::tensor({target}, torch::kInt64)}).flatten();
    std::size_t best = open.size();
    for (std::size_t k = 0; k < open.size(); ++k) {
      const auto at = [&](std::size_t j) { return slope[static_cast<std::int64_t>(j)].item<float>(); };
      if (open[k] && (best == open.size() || at(k) > at(best))) best = k;
    }
    if (best == open.size()) break;
    const bool rises = slope[static_cast<std::int64_t>(best)].item<float>() > 0;
    value[best] = std::min(1.0F, std::max(0.0F, value[best] + static_cast<float>(rises ? -theta : theta)));
    if (++changes[best] >= most_changes || value[best] <= 0 || value[best] >= 1) open[best] = false;
  }
  return moved;
}

}  // namespace deepmine::plain
