#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// Noise that knows nothing of the classifier: the null attack, against which others are to be measured.
///
/// Source: ours.
class Noise : public FixedEpsilonAttack {
 public:
  struct Options : ClipOptions {
    std::string kind = "gaussian";
    double size = 0.05;
    std::int64_t seed = 0;

    void describe(Fields& fields) {
      fields.add({"kind", &kind, "", "distribution of the change of a pixel", "ours", {}, {"gaussian", "uniform"}});
      fields.add({"size", &size, "pixel units of [0,1]", "standard deviation, or half the width when uniform", "ours",
                  {0, 1}});
      fields.add({"seed", &seed, "", "seed of the noise", "ours", {0, 1e15}});
      ClipOptions::describe(fields);
    }
  };
  explicit Noise(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  bool needs_gradient() const override { return false; }
  std::optional<Budget> budget(std::int64_t) const override {
    if (options_.kind == "gaussian") return std::nullopt;
    return Budget{Norm::kLinf, options_.size};
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    torch::Tensor change = torch::empty_like(batch.images(), at::MemoryFormat::Contiguous);
    const Seed seed = Seed(static_cast<std::uint64_t>(options_.seed)).child("noise");
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      RandomStream random = batch.random(row, seed);
      if (options_.kind == "gaussian") {
        fill_normal(change[row], options_.size, random);
      } else {
        fill_uniform(change[row], options_.size, random);
      }
    }
    return options_.clipped(batch.images() + change);
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(Noise, "noise", "Gaussian or uniform noise, the null attack");

}  // namespace
}  // namespace deepmine
