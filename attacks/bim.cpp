#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The Basic Iterative Method: steps along the sign of the gradient, kept within epsilon of the
/// image after each. No random start, no early stop.
///
/// Source: Kurakin, Goodfellow, Bengio 2017, section 2.2; defaults of CleverHans 2.1.
/// differs from it in: clips to [0,1] unless clip=none.
class Bim : public Attack {
 public:
  struct Options : FixedEpsilonOptions {
    double step = 0.05;
    std::int64_t steps = 10;

    void describe(Fields& fields) {
      FixedEpsilonOptions::describe(fields);
      fields.add({"step", &step, "pixel units of [0,1]", "change of a pixel per step",
                  "CleverHans 2.1", {0, 1}});
      fields.add({"steps", &steps, "steps", "number of steps", "CleverHans 2.1", {1, 100000}});
    }
  };
  explicit Bim(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<double> epsilon() const override { return options_.epsilon; }

 protected:
  torch::Tensor perturb(Classifier& classifier, const torch::Tensor& images,
                        const Goal& goal) const override {
    torch::Tensor x = images;
    for (std::int64_t i = 0; i < options_.steps; ++i) {
      x = options_.clipped(signed_step(classifier, x, goal, options_.step));
      const torch::Tensor change = (x - images).clamp(-options_.epsilon, options_.epsilon);
      x = options_.clipped(images + change);
    }
    return x;
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(Bim, "bim", "Basic Iterative Method");

}  // namespace
}  // namespace deepmine
