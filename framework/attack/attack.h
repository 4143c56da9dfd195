#pragma once

#include <torch/types.h>

#include <optional>
#include <string>

#include "framework/core/progress.h"
#include "framework/core/registry.h"
#include "framework/model/classifier.h"

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

  /// The goal of images `begin` to `end`.
  Goal slice(std::int64_t begin, std::int64_t end) const;
  /// Whether predictions int64 [N] meet the goal, bool [N].
  torch::Tensor met_by(const torch::Tensor& predictions) const;
};

/// What came out, one entry per image in the order given. An attack that fails is a result too.
struct AttackResult {
  torch::Tensor images;     ///< float32 [N,C,H,W]
  torch::Tensor predicted;  ///< int64 [N], the class after the attack
  torch::Tensor success;    ///< bool [N], judged from `images` anew
  torch::Tensor l0;         ///< float32 [N], changed values
  torch::Tensor l2;         ///< float32 [N], pixel units of [0,1]
  torch::Tensor linf;       ///< float32 [N], pixel units of [0,1]

  double success_rate() const;
};

/// Judges perturbed images from scratch: the class the classifier gives them, and their distances
/// from the clean ones.
AttackResult judge(Classifier& classifier, const torch::Tensor& clean, const torch::Tensor& images,
                   const Goal& goal);

/// Perturbs images so that a classifier errs. Callers use `operator()`, which checks the inputs,
/// forces eval mode, leaves the images given untouched and judges success itself; authors of an
/// attack write `perturb`.
class Attack {
 public:
  static constexpr const char* kKind = "attack";
  virtual ~Attack() = default;

  /// `images` float32 [N,C,H,W] in [0,1]. Throws `Error` for images or classes that do not fit.
  AttackResult operator()(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                          Progress& progress) const;

  /// Whether results are kept inside [0,1].
  virtual bool clips() const = 0;
  /// The largest change allowed, L-infinity in pixel units of [0,1]; none for attacks that look for
  /// the smallest change instead.
  virtual std::optional<double> epsilon() const { return std::nullopt; }

 protected:
  /// The perturbed images of one batch. `images` must not be changed in place.
  virtual torch::Tensor perturb(Classifier& classifier, const torch::Tensor& images,
                                const Goal& goal) const = 0;
};

/// An attack with a fixed budget: no pixel changes by more than `epsilon`.
struct FixedEpsilonOptions {
  double epsilon = 0.3;
  std::string clip = "unit";

  void describe(Fields& fields);
  bool clips() const { return clip == "unit"; }
  /// `images` brought back into [0,1], or unchanged with clip=none.
  torch::Tensor clipped(const torch::Tensor& images) const;
};

/// Gradient of the cross-entropy of `classes`, with respect to the images: [N,C,H,W]. Each image's
/// gradient is its own, whatever else is in the batch.
torch::Tensor cross_entropy_gradient(Classifier& classifier, const torch::Tensor& images,
                                     const torch::Tensor& classes);

/// `images` moved by `step` along the sign of the gradient, away from the labels or towards the
/// targets; sign(0) = 0.
torch::Tensor signed_step(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                          double step);

}  // namespace deepmine

#define DEEPMINE_ATTACK(Class, name, title) \
  DEEPMINE_REGISTER(::deepmine::Attack, Class, name, title)
