#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The Fast Gradient Sign Method: one step of epsilon along the sign of the gradient.
///
/// Source: Goodfellow, Shlens, Szegedy 2015, equation in section 4; defaults of CleverHans 2.1.
/// differs from it in: clips to [0,1] unless clip=none.
class Fgsm : public Attack {
 public:
  using Options = FixedEpsilonOptions;
  explicit Fgsm(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<double> epsilon() const override { return options_.epsilon; }

 protected:
  torch::Tensor perturb(Classifier& classifier, const torch::Tensor& images,
                        const Goal& goal) const override {
    return options_.clipped(signed_step(classifier, images, goal, options_.epsilon));
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(Fgsm, "fgsm", "Fast Gradient Sign Method");

}  // namespace
}  // namespace deepmine
