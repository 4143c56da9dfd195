#include "attacks/lid_options.h"

namespace deepmine {
namespace {

/// BIM-b: an image's last iterate, whether or not an earlier one met the goal. One run yields BIM-a as well, as
/// `first`.
///
/// Source: Kurakin, Goodfellow, Bengio 2017; Ma et al. 2018 (LID), whose code's defaults are ours.
/// differs from it in: targets are possible.
class BimB : public FixedEpsilonAttack {
 public:
  using Options = LidBimOptions;
  explicit BimB(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  bool yields_first() const override { return true; }
  std::optional<Budget> budget(std::int64_t) const override { return options_.budget(); }
  std::optional<double> reach(std::int64_t) const override {
    return options_.step * static_cast<double>(options_.steps);
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    torch::Tensor first = batch.images().clone();
    torch::Tensor open = torch::ones({batch.size()}, torch::kBool);  // no iterate has met the goal yet
    torch::Tensor x = batch.images();
    for (std::int64_t i = 0; i < options_.steps; ++i) {
      const Slope slope = batch.ascent(x);
      if (i > 0) open = open & ~batch.goal().met_by(slope.logits.argmax(1));
      x = options_.stepped(x, slope.gradient, batch.images());
      first = torch::where(per_image(open), x, first);
      batch.report(options_.share(i + 1));
    }
    Perturbed result(x);
    result.first = first;
    return result;
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(BimB, "bim-b", "Basic Iterative Method, last iterate");

}  // namespace
}  // namespace deepmine
