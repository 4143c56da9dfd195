#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The Fast Gradient Sign Method: one step of epsilon along the sign of the gradient.
///
/// Source: Goodfellow, Shlens, Szegedy 2015, equation in section 4; defaults of CleverHans 2.1.
/// differs from it in: clips to [0,1] unless clip=none.
class Fgsm : public FixedEpsilonAttack {
 public:
  struct Options : FixedEpsilonOptions {
    static Presets presets() {
      return {{"cleverhans", "CleverHans 2.1", {{"epsilon", "0.3"}, {"clip", "none"}}},
              {"autoencoder-scan", "autoencoder-scan, appendix", {{"epsilon", "0.01"}, {"clip", "none"}}}};
    }
  };
  explicit Fgsm(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<Budget> budget(std::int64_t) const override { return options_.budget(); }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    return options_.clipped(batch.signed_step(batch.images(), options_.epsilon));
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(Fgsm, "fgsm", "Fast Gradient Sign Method");

}  // namespace
}  // namespace deepmine
