#include "framework/attack/attack.h"

namespace deepmine {
namespace {

/// The Basic Iterative Method: steps along the sign of the gradient, kept within epsilon of the
/// image after each. No random start, no early stop.
///
/// Source: Kurakin, Goodfellow, Bengio 2017, section 2.2; defaults of CleverHans 2.1.
/// differs from it in: clips to [0,1] unless clip=none.
class Bim : public FixedEpsilonAttack {
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
    static Presets presets() {
      return {
          {"cleverhans", "CleverHans 2.1", {{"epsilon", "0.3"}, {"step", "0.05"}, {"steps", "10"}, {"clip", "none"}}},
          {"art", "ART 0.10", {{"epsilon", "0.3"}, {"step", "0.1"}, {"steps", "100"}, {"clip", "none"}}},
          {"deep-mining",
           "deep-mining, appendix",
           {{"epsilon", "0.02"}, {"step", "0.002"}, {"steps", "10"}, {"clip", "none"}}},
          {"autoencoder-scan",
           "autoencoder-scan, appendix",
           {{"epsilon", "0.01"}, {"step", "0.002"}, {"steps", "1000"}, {"clip", "none"}}}};
    }
  };
  explicit Bim(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<Budget> budget(std::int64_t) const override { return options_.budget(); }
  std::optional<double> reach(std::int64_t) const override {
    return options_.step * static_cast<double>(options_.steps);
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    torch::Tensor x = batch.images();
    for (std::int64_t i = 0; i < options_.steps; ++i) {
      x = options_.clipped(batch.signed_step(x, options_.step));
      x = options_.boxed(x, batch.images());
      batch.report(static_cast<double>(i + 1) / static_cast<double>(options_.steps));
    }
    return x;
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(Bim, "bim", "Basic Iterative Method");

}  // namespace
}  // namespace deepmine
