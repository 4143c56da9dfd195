#pragma once

#include <torch/types.h>

#include <optional>
#include <string>

#include "framework/attack/batch.h"
#include "framework/attack/goal.h"
#include "framework/core/progress.h"
#include "framework/core/registry.h"
#include "framework/model/classifier.h"
#include "framework/model/gradient.h"

namespace deepmine {

class KeptBatches;

/// What came out, one entry per image in the order given. An attack that fails is a result too.
struct AttackResult {
  torch::Tensor images;     ///< float32 [N,C,H,W]
  torch::Tensor predicted;  ///< int64 [N], the class after the attack
  torch::Tensor success;    ///< bool [N], judged from `images` anew
  torch::Tensor l0;         ///< float32 [N], changed values
  torch::Tensor l2;         ///< float32 [N], pixel units of [0,1]
  torch::Tensor linf;       ///< float32 [N], pixel units of [0,1]
  torch::Tensor gradients;  ///< int64 [N], gradients the attack asked for; undefined where only judged
  torch::Tensor queries;    ///< int64 [N], forward passes, those for gradients among them; undefined where only judged
  torch::Tensor first;      ///< float32 [N,C,H,W], see `Perturbed`; undefined for most attacks

  double success_rate() const;
};

/// Throws `Error` unless there is one existing class for each image, and the classifier knows two or more.
void check_goal(Classifier& classifier, const torch::Tensor& images, const Goal& goal);

/// Throws `Error`, naming the attacks that need no gradient, unless the logits of `image` [1,C,H,W] depend on it by
/// differentiable steps.
void check_differentiable(Classifier& classifier, const torch::Tensor& image);

/// Judges perturbed images from scratch: the class the classifier gives them, and their distances
/// from the clean ones.
AttackResult judge(Classifier& classifier, const torch::Tensor& clean, const torch::Tensor& images,
                   const Goal& goal, int threads = 1);
/// The same where the classes are known: `predicted` int64 [N].
AttackResult judge(const torch::Tensor& clean, const torch::Tensor& images, const Goal& goal, torch::Tensor predicted);

/// About the bytes that batches of `count` images like `image` [1,C,H,W] hold at most while an attack works on
/// `threads` of them at once, beside the images given and made and `kLibraryMemory`.
std::uint64_t attacking_memory(Classifier& classifier, const torch::Tensor& image, std::int64_t count, int threads,
                               bool gradients = true);

enum class Norm { kL0, kL2, kLinf };

/// How far each of `images` lies from the clean one, [n]; L0 in values, others in pixel units.
torch::Tensor distances(const torch::Tensor& clean, const torch::Tensor& images, Norm norm);

/// How far an attack may go from the clean image; L0 in values, others in pixel units of [0,1].
struct Budget {
  Norm norm;
  double most;
};

/// What an attack makes of a batch.
struct Perturbed {
  Perturbed(torch::Tensor all) : images(std::move(all)) {}
  torch::Tensor images;  ///< [n,C,H,W]
  torch::Tensor first;   ///< [n,C,H,W], the earliest iterate that meets the goal, for attacks that go on after it
};

/// Perturbs images so that a classifier errs. Callers use `operator()`, which checks the inputs,
/// forces eval mode, leaves the images given untouched and judges success itself; authors of an
/// attack derive from `FixedEpsilonAttack` or `MinimalDistanceAttack`.
class Attack {
 public:
  static constexpr const char* kKind = "attack";
  virtual ~Attack() = default;

  /// `images` float32 [N,C,H,W] in [0,1], of which `threads` batches are attacked at once: what comes out hangs on no
  /// number of them. Finished batches are kept in `kept`, and those found there are not attacked again. Throws `Error`
  /// for images or classes that do not fit, and before it begins for a model that cannot be differentiated when the
  /// attack needs gradients.
  AttackResult operator()(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                          Progress& progress, const KeptBatches* kept = nullptr, int threads = 1) const;
  /// The same but for the judging, for callers who pass the images through the model themselves: what `AttackResult`
  /// says of classes and distances is undefined.
  AttackResult unjudged(Classifier& classifier, const torch::Tensor& images, const Goal& goal,
                        Progress& progress, const KeptBatches* kept = nullptr, int threads = 1) const;

  /// Whether results are kept inside [0,1].
  virtual bool clips() const = 0;
  /// Whether it asks for gradients. An attack that does not works on any model.
  virtual bool needs_gradient() const { return true; }
  /// Whether results hold `first`.
  virtual bool yields_first() const { return false; }
  /// The largest change of an image of `n_values` values; none for attacks that look for the smallest change
  /// instead, and for noise without bounds.
  virtual std::optional<Budget> budget(std::int64_t n_values) const = 0;
  /// How far all steps together can take such an image, in the norm of the budget; none where they need no count.
  virtual std::optional<double> reach(std::int64_t n_values) const {
    static_cast<void>(n_values);
    return std::nullopt;
  }

 protected:
  /// Called for several batches at once.
  virtual Perturbed perturb(const Batch& batch) const = 0;
  /// What `attack` makes of a batch, for attacks that are made of others: held to its promises, counted and reported
  /// with the batch.
  static Perturbed carry_out(const Attack& attack, const Batch& batch);
};

/// An attack that uses what it may change and returns where it got, successful or not.
class FixedEpsilonAttack : public Attack {};

/// An attack that looks for the smallest change that meets the goal. An image for which it finds none comes back
/// as it was, as in CleverHans.
class MinimalDistanceAttack : public Attack {
 public:
  std::optional<Budget> budget(std::int64_t) const final { return std::nullopt; }

 protected:
  struct Found {
    torch::Tensor images;  ///< [n,C,H,W], the nearest that meet the goal; anything where there is none
    torch::Tensor any;     ///< bool [n]
  };
  virtual Found search(const Batch& batch) const = 0;

 private:
  Perturbed perturb(const Batch& batch) const final;
};

/// Options of attacks that may or may not stay inside [0,1].
struct ClipOptions {
  std::string clip = "unit";

  void describe(Fields& fields);
  bool clips() const { return clip == "unit"; }
  /// `images` brought back into [0,1], or unchanged with clip=none.
  torch::Tensor clipped(const torch::Tensor& images) const;
};

/// An attack with a fixed budget: no pixel changes by more than `epsilon`.
struct FixedEpsilonOptions : ClipOptions {
  double epsilon = 0.3;

  void describe(Fields& fields);
  Budget budget() const { return {Norm::kLinf, epsilon}; }
  /// `x` brought back to where every pixel lies within `epsilon` of `clean`, and into [0,1] unless clip=none.
  torch::Tensor boxed(const torch::Tensor& x, const torch::Tensor& clean) const;
};

}  // namespace deepmine

#define DEEPMINE_ATTACK(Class, name, title) \
  DEEPMINE_REGISTER(::deepmine::Attack, Class, name, title)
