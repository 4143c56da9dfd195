#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "framework/core/seed.h"
#include "tests/support/plain_attacks.h"

/// Attacks without gradients written down a second time, as `plain_attacks.h` does: one image [1,C,H,W] at a time, in
/// double precision, on the draws of the stream given.
namespace deepmine::plain {

inline bool reached(const torch::Tensor& z, const Aim& aim) {
  return (z.argmax(1) == aim.classes).item<bool>() == aim.targeted;
}

inline double coin(RandomStream& random) { return random.below(2) == 0 ? -1 : 1; }
inline std::int64_t die(RandomStream& random, std::int64_t sides) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(sides)));
}

/// To be made small: the margin of the label, or the cross-entropy of the target.
inline double square_loss(const torch::Tensor& z, const Aim& aim) {
  const torch::Tensor own = z.gather(1, aim.classes.view({1, 1}));
  if (aim.targeted) return (z.logsumexp(1) - own.squeeze(1)).item<double>();
  return (own - std::get<0>(z.scatter(1, aim.classes.view({1, 1}), -1e30).max(1))).item<double>();
}

inline double square_share(double p, std::int64_t i, std::int64_t queries) {
  const auto it = static_cast<int>(static_cast<double>(i) / static_cast<double>(queries) * 10000);
  if (it <= 10) return p;
  if (it <= 50) return p / 2;
  if (it <= 200) return p / 4;
  if (it <= 500) return p / 8;
  if (it <= 1000) return p / 16;
  if (it <= 2000) return p / 32;
  if (it <= 4000) return p / 64;
  if (it <= 6000) return p / 128;
  if (it <= 8000) return p / 256;
  return p / 512;
}

inline torch::Tensor block(const torch::Tensor& image, std::int64_t top, std::int64_t left, std::int64_t side) {
  return image.slice(2, top, top + side).slice(3, left, left + side);
}

/// The paper's eta for a square, [side x side].
inline torch::Tensor square_bumps(std::int64_t side) {
  const auto bump = [](std::int64_t height, std::int64_t width) {
    torch::Tensor result = torch::zeros({height, width}, torch::kFloat64);
    for (std::int64_t i = 0; i <= std::max(height / 2, width / 2); ++i) {
      const std::int64_t top = height / 2 - i, left = width / 2 - i;
      result.slice(0, std::max<std::int64_t>(top, 0), std::min(top + 2 * i + 1, height))
          .slice(1, std::max<std::int64_t>(left, 0), std::min(left + 2 * i + 1, width)) += 1.0 / std::pow(i + 1, 2);
    }
    return result / result.norm();
  };
  const torch::Tensor both = torch::cat({bump(side / 2, side), -bump(side - side / 2, side)});
  return both / both.norm();
}

struct SquareOptions {
  double epsilon, p;
  std::int64_t queries;
  bool l2;
};

inline torch::Tensor square(const Logits& logits, const torch::Tensor& clean, const Aim& aim,
                            const SquareOptions& options, RandomStream random) {
  const double epsilon = options.epsilon;
  if (reached(logits(clean), aim)) return clean;
  const std::int64_t channels = clean.size(1), height = clean.size(2), width = clean.size(3);
  const torch::Tensor x = clean.to(torch::kFloat64);
  const auto image_of = [](const torch::Tensor& values) { return values.clamp(0, 1).to(torch::kFloat32); };
  torch::Tensor change = torch::zeros_like(x);
  if (options.l2) {
    const std::int64_t side = std::max<std::int64_t>(height / 5, 1),
                       margin = std::max<std::int64_t>(height - 5 * side, 0) / 2;
    for (std::int64_t top = margin; top + side <= height; top += side) {
      for (std::int64_t left = margin; left + side <= width; left += side) {
        const torch::Tensor bumps = random.below(2) == 1 ? square_bumps(side).t() : square_bumps(side);
        for (std::int64_t c = 0; c < channels; ++c) block(change, top, left, side)[0][c] = coin(random) * bumps;
      }
    }
    change = change * (epsilon / change.norm());
  } else {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t column = 0; column < width; ++column)
        change[0][c].slice(1, column, column + 1) = epsilon * coin(random);
    }
  }
  torch::Tensor best = image_of(x + change);
  double loss = square_loss(logits(best), aim);
  for (std::int64_t i = 0; i < options.queries - 2 && !reached(logits(best), aim); ++i) {
    std::int64_t side =
        std::lround(std::sqrt(square_share(options.p, i, options.queries) * static_cast<double>(height * width)));
    side = std::max<std::int64_t>(side, options.l2 ? 3 : 1);
    if (options.l2 && side % 2 == 0) ++side;
    side = std::min({side, height, width});
    const auto place = [&] {
      const std::int64_t top = die(random, height - side + 1);
      return std::pair{top, die(random, width - side + 1)};
    };
    torch::Tensor tried = best.clone();
    const auto [top, left] = place();
    if (options.l2) {
      torch::Tensor delta = best.to(torch::kFloat64) - x;
      const auto [top2, left2] = place();
      const torch::Tensor bumps = random.below(2) == 1 ? square_bumps(side).t() : square_bumps(side);
      torch::Tensor mask = torch::zeros_like(x);
      block(mask, top, left, side).fill_(1);
      block(mask, top2, left2, side).fill_(1);
      const double unused =
          std::max(epsilon * epsilon - delta.square().sum().item<double>(), 0.0) / static_cast<double>(channels);
      const torch::Tensor windows = (delta * mask).square().sum({2, 3}), old = block(delta, top, left, side).clone();
      torch::Tensor fresh = torch::zeros_like(old);
      for (std::int64_t c = 0; c < channels; ++c) {
        fresh[0][c] = coin(random) * bumps + old[0][c] / (1e-10 + old[0][c].norm());
        fresh[0][c] *= std::sqrt(unused + windows[0][c].item<double>()) / fresh[0][c].norm();
      }
      block(delta, top2, left2, side).fill_(0);
      block(delta, top, left, side).copy_(fresh);
      tried = image_of(x + delta * (epsilon / delta.norm()));
    } else {
      do {
        for (std::int64_t c = 0; c < channels; ++c) {
          block(tried, top, left, side)[0][c] = image_of(block(x, top, left, side)[0][c] + epsilon * coin(random));
        }
      } while (((tried - best).abs() < 1e-7).all().item<bool>());
    }
    const torch::Tensor z = logits(tried);
    const double now = square_loss(z, aim);
    if (now >= loss && !reached(z, aim)) continue;
    best = tried;
    loss = now;
  }
  return best;
}

struct HopSkipJumpOptions {
  std::int64_t steps, evaluations;
  bool l2;
};

/// The image itself where no noise meets the goal.
inline torch::Tensor hopskipjump(const Logits& logits, const torch::Tensor& clean, const Aim& aim,
                                 const HopSkipJumpOptions& options, RandomStream random) {
  const torch::Tensor x = clean.to(torch::kFloat64);
  const auto phi = [&](const torch::Tensor& image) { return reached(logits(image.to(torch::kFloat32)), aim); };
  const auto rounded = [](const torch::Tensor& image) {
    return image.clamp(0, 1).to(torch::kFloat32).to(torch::kFloat64);
  };
  if (phi(x)) return clean;
  const std::int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
  const auto d = static_cast<double>(x.numel());
  const double theta = std::min(0.01, options.l2 ? std::pow(d, -1.5) : 1 / (d * d));
  const auto distance = [&](const torch::Tensor& a) {
    return (options.l2 ? (a - x).norm() : (a - x).abs().max()).item<double>();
  };
  const auto bisect = [&](double high, double width_of, const std::function<torch::Tensor(double)>& at) {
    double low = 0;
    while (high - low > width_of) (phi(at((low + high) / 2)) ? high : low) = (low + high) / 2;
    return at(high);
  };

  torch::Tensor noise = torch::empty_like(x);
  for (int draw = 0;; ++draw) {
    if (draw == 1000) return clean;
    int sizes = 1;
    while ((1 << (sizes - 1)) < std::max(height, width)) ++sizes;
    const std::int64_t size = 1 << draw % sizes;
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t top = 0; top < height; top += size) {
        for (std::int64_t left = 0; left < width; left += size)
          block(noise, top, left, size)[0][c].fill_(random.uniform());
      }
    }
    noise = rounded(noise);
    if (phi(noise)) break;
  }
  torch::Tensor far = bisect(1, 0.001, [&](double share) { return rounded((1 - share) * x + share * noise); });
  torch::Tensor point, nearest;
  double span = 0;
  const auto to_boundary = [&] {
    span = distance(far);
    point = options.l2 ? bisect(1, theta, [&](double share) { return rounded((1 - share) * x + share * far); })
                       : bisect(span, theta * span, [&](double share) {
                           return rounded(torch::max(torch::min(far, x + share), x - share));
                         });
    if (!nearest.defined() || distance(point) < distance(nearest)) nearest = point;
  };
  to_boundary();
  for (int t = 1; t <= options.steps; ++t) {
    const auto count = static_cast<std::int64_t>(static_cast<double>(options.evaluations) * std::sqrt(t));
    const double delta = t == 1 ? 0.1 : (options.l2 ? std::sqrt(d) : d) * theta * span;
    std::vector<torch::Tensor> changes;
    std::vector<double> signs;
    double mean = 0;
    for (std::int64_t n = 0; n < count; ++n) {
      torch::Tensor draw = torch::empty({x.numel()});
      for (std::int64_t k = 0; k < x.numel(); ++k) {
        const double first = random.uniform();
        draw.data_ptr<float>()[k] = static_cast<float>(options.l2 ? std::sqrt(-2 * std::log(1 - first)) *
                                                                        std::cos(2 * std::acos(-1.0) * random.uniform())
                                                                  : 2 * first - 1);
      }
      const torch::Tensor direction = draw.to(torch::kFloat64).view_as(x);
      const torch::Tensor tried = rounded(point + delta * direction / direction.norm());
      changes.push_back((tried - point) / delta);
      signs.push_back(phi(tried) ? 1 : -1);
      mean += signs.back() / static_cast<double>(count);
    }
    torch::Tensor normal = torch::zeros_like(x);
    for (std::size_t n = 0; n < changes.size(); ++n)
      normal += (std::abs(mean) == 1 ? signs[n] : signs[n] - mean) * changes[n];
    normal = options.l2 ? normal / normal.norm() : normal.sign();
    double step = distance(point) / std::sqrt(t);
    while (!phi(rounded(point + step * normal))) step /= 2;
    far = rounded(point + step * normal);
    to_boundary();
  }
  const torch::Tensor farther = rounded(x + 1.0001 * (nearest - x));
  return (phi(farther) ? farther : nearest).to(torch::kFloat32);
}

}  // namespace deepmine::plain
