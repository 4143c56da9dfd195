#pragma once

#include <torch/types.h>

#include <optional>

#include "framework/attack/attack.h"
#include "framework/core/npz.h"

namespace deepmine {

/// What images were before an attack: their classes, and what the classifier took them for.
struct Before {
  torch::Tensor labels;  ///< int64 [N], given by the user, or else what the classifier takes the images for
  bool labels_given = false;
  torch::Tensor predicted;  ///< int64 [N], of the clean images
};

/// How an attack's result is to be read: what was wrong before any attack is no success of it.
class AttackReport {
 public:
  /// Keeps copies; tensors are shared.
  AttackReport(AttackResult result, Goal goal, Before before);

  const AttackResult& result() const { return result_; }
  const Goal& goal() const { return goal_; }
  const Before& before() const { return before_; }

  /// Images that the classifier gave their label before the attack.
  std::int64_t n_right_before() const { return count(right_); }
  /// Images that were taken for their target before the attack; none when there are no targets.
  std::optional<std::int64_t> n_target_before() const;
  /// Of images right before, and not taken for their target: how many, and how many of them meet the goal now.
  std::int64_t n_candidates() const { return count(candidates_); }
  std::int64_t n_fooled() const { return count(fooled_); }
  std::int64_t n_successes() const { return count(result_.success); }
  /// The share of them; none where there are none.
  std::optional<double> success_rate_of_candidates() const;
  /// The share of images that were right before, and of those that were so and still are; none where the labels are the
  /// classifier's own.
  std::optional<double> clean_accuracy() const;
  std::optional<double> robust_accuracy() const;
  /// The mean of numbers [N] over the images that meet the goal, or over the fooled ones; none where there are none.
  std::optional<double> mean_of_successes(const torch::Tensor& numbers) const { return mean(numbers, result_.success); }
  std::optional<double> mean_of_fooled(const torch::Tensor& numbers) const { return mean(numbers, fooled_); }

  /// Image by image: label, target (-1 for none), predicted_clean, predicted, success (0 or 1), l0, l2, linf,
  /// gradients.
  Npz rows() const;

 private:
  static std::int64_t count(const torch::Tensor& mask) { return mask.sum().item<std::int64_t>(); }
  static std::optional<double> mean(const torch::Tensor& numbers, const torch::Tensor& mask);

  AttackResult result_;
  Goal goal_;
  Before before_;
  torch::Tensor right_, candidates_, fooled_;  ///< bool [N]
};

}  // namespace deepmine
