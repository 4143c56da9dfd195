#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "framework/attack/goal.h"
#include "framework/core/seed.h"
#include "framework/model/classifier.h"

namespace deepmine {

/// What one forward and one backward pass tell.
struct Slope {
  torch::Tensor logits;    ///< [n, classes]
  torch::Tensor gradient;  ///< [n,C,H,W]
};

/// Images under attack: a batch, or those of it that are left. All gradients and logits are asked for here, so that
/// they are counted per image, and each image's are its own: up to rounding, whatever else is in the batch.
class Batch {
 public:
  /// A quantity of the logits [n, classes] whose gradient is wanted, [n].
  using Loss = std::function<torch::Tensor(const torch::Tensor& logits)>;
  /// Told the share of the batch's work that is done.
  using Report = std::function<void(double share)>;

  Batch(Classifier& classifier, torch::Tensor images, Goal goal, Report report = {});

  std::int64_t size() const { return images_.size(0); }
  /// The clean images, [n,C,H,W] in [0,1]. Not to be changed in place.
  const torch::Tensor& images() const { return images_; }
  const Goal& goal() const { return goal_; }
  /// The images at `rows`, int64 [m], where one may stand several times; what they cost counts here, too.
  Batch only(const torch::Tensor& rows) const;
  /// The same images, whose work is the share from `begin` to `end` of this batch's.
  Batch part(double begin, double end) const;

  /// Logits [n, classes] of `x` [n,C,H,W], without gradient. Throws `Error` when they are not finite.
  torch::Tensor logits(const torch::Tensor& x) const;
  /// Whether `x` meet the goal, bool [n].
  torch::Tensor met(const torch::Tensor& x) const;
  /// The gradient of each image's loss. Throws `Error` when the model cannot be differentiated or its
  /// logits or gradients are not finite.
  Slope slope(const torch::Tensor& x, const Loss& loss) const;
  /// The gradients of several losses after one forward pass; each counts.
  std::pair<torch::Tensor, std::vector<torch::Tensor>> gradients(
      const torch::Tensor& x, const std::function<std::vector<torch::Tensor>(const torch::Tensor&)>& losses) const;
  /// The gradient of the cross-entropy of the goal's classes. In float32 it is exactly 0 for a label whose logit leads
  /// by more than about 17, as in every library; `suspicions` tells of it.
  Slope cross_entropy_slope(const torch::Tensor& x) const;
  /// The direction in which the cross-entropy serves the goal: its gradient away from labels, minus that
  /// towards targets.
  Slope ascent(const torch::Tensor& x) const;
  /// `x` moved by `step` along the sign of `ascent`; sign(0) = 0.
  torch::Tensor signed_step(const torch::Tensor& x, double step) const;

  /// A stream of random numbers of image `row`: drawn from `seed` and the image's pixels, so that it depends
  /// neither on its place nor on its batch.
  RandomStream random(std::int64_t row, Seed seed) const;
  /// The streams of all images, [n].
  std::vector<RandomStream> randoms(Seed seed) const;

  void report(double share) const {
    if (report_) report_(share);
  }
  /// Gradients asked for so far, int64 [n of the whole batch].
  const torch::Tensor& evaluations() const { return *evaluations_; }
  /// Forward passes so far, those for gradients among them, int64 [n of the whole batch].
  const torch::Tensor& queries() const { return *queries_; }

 private:
  void count(torch::Tensor& counts, std::int64_t more) const;

  Classifier* classifier_;
  torch::Tensor images_;
  Goal goal_;
  torch::Tensor rows_;  ///< int64 [n], places in the whole batch
  std::shared_ptr<torch::Tensor> evaluations_;
  std::shared_ptr<torch::Tensor> queries_;
  Report report_;
};

/// The positions at which bool [n] `mask` holds, int64 [m].
torch::Tensor rows_where(const torch::Tensor& mask);

/// Fills a contiguous float32 tensor with draws between +- `half_width`, or normal ones around 0.
void fill_uniform(torch::Tensor values, double half_width, RandomStream& random);
void fill_normal(torch::Tensor values, double deviation, RandomStream& random);

/// The pixel nearest to `value`, in [0,1].
float unit_pixel(double value);

/// `numbers` [n] shaped to multiply images [n,C,H,W].
torch::Tensor per_image(const torch::Tensor& numbers);

}  // namespace deepmine
