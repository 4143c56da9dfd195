#include "attacks/lid_options.h"

namespace deepmine {
namespace {

/// BIM-a: an image's first iterate that meets the goal; where none does, the last.
///
/// Source: Kurakin, Goodfellow, Bengio 2017; Ma et al. 2018 (LID), whose code's defaults are ours. An image that meets
/// the goal before any step comes back after one, as there.
/// differs from it in: an image is not carried on after its first success, which saves most of the gradients;
/// targets are possible.
class BimA : public FixedEpsilonAttack {
 public:
  using Options = LidBimOptions;
  explicit BimA(Options options) : options_(std::move(options)) {}

  bool clips() const override { return options_.clips(); }
  std::optional<Budget> budget(std::int64_t) const override { return options_.budget(); }
  std::optional<double> reach(std::int64_t) const override {
    return options_.step * static_cast<double>(options_.steps);
  }

 protected:
  Perturbed perturb(const Batch& batch) const override {
    torch::Tensor result = batch.images().clone();
    torch::Tensor rows = torch::arange(batch.size());
    torch::Tensor x = batch.images();
    Batch active = batch;
    for (std::int64_t i = 0; i < options_.steps; ++i) {
      Slope slope = active.ascent(x);
      if (i > 0) {
        const torch::Tensor left = rows_where(~active.goal().met_by(slope.logits.argmax(1)));
        if (left.size(0) == 0) break;
        if (left.size(0) < active.size()) {
          active = active.only(left);
          rows = rows.index_select(0, left);
          x = x.index_select(0, left);
          slope.gradient = slope.gradient.index_select(0, left);
        }
      }
      x = options_.stepped(x, slope.gradient, active.images());
      result.index_copy_(0, rows, x);
      batch.report(options_.share(i + 1));
    }
    return result;
  }

 private:
  Options options_;
};

DEEPMINE_ATTACK(BimA, "bim-a", "Basic Iterative Method, first success");

}  // namespace
}  // namespace deepmine
