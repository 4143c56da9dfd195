#pragma once

#include <torch/types.h>

#include <cstdint>

namespace deepmine {

/// What an attack wants of each image: to be taken for a class (targeted), or for any other class
/// than the one given (untargeted).
struct Goal {
  bool targeted = false;
  torch::Tensor classes;  ///< int64 [N]

  static Goal towards(torch::Tensor targets) { return {true, std::move(targets)}; }
  static Goal away_from(torch::Tensor labels) { return {false, std::move(labels)}; }
  /// All `count` images towards one class.
  static Goal towards(std::int64_t target, std::int64_t count);
  /// Each image towards the class after its own, the last one's being the first.
  static Goal towards_next(const torch::Tensor& labels, std::int64_t n_classes);
  /// Each image towards a class drawn from all but its own; the draws of an image depend on its place only.
  static Goal towards_random(const torch::Tensor& labels, std::int64_t n_classes, std::uint64_t seed);

  /// The goal of images `begin` to `end`.
  Goal slice(std::int64_t begin, std::int64_t end) const;
  /// The goal of the images at `rows`, int64 [n].
  Goal only(const torch::Tensor& rows) const;
  /// Whether predictions int64 [N] meet the goal, bool [N].
  torch::Tensor met_by(const torch::Tensor& predictions) const;
  /// By how much logits [N, classes] meet the goal, [N]: the target's over the highest other one, or the
  /// highest other one over the label's. Differentiable.
  torch::Tensor margin(const torch::Tensor& logits) const;
  /// The class whose logit must rise: the target, or the highest but the label's; int64 [N].
  torch::Tensor wanted(const torch::Tensor& logits) const;
};

}  // namespace deepmine
