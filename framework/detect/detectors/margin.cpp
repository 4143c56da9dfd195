#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"

namespace deepmine {
namespace {

/// Minus the distance of the highest logit from the second: how close an input is to another class.
///
/// Source: none; the control that relevant-neurons lacks. Attacks that stop once the class changes leave their images
/// at the boundary, which this sees without learning anything.
class Margin : public Detector {
 public:
  using Options = NoOptions;
  explicit Margin(const Options&) {}

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}
  Scores score(const Inputs& inputs, int) const override {
    const torch::Tensor logits = finite_logits(inputs.logits());
    ensure(logits.size(1) >= 2, "expected logits of two classes or more, found {}", logits.size(1));
    const torch::Tensor highest = std::get<0>(logits.topk(2, 1));
    return {numbers_of<double>(highest.select(1, 1) - highest.select(1, 0))};
  }
};

DEEPMINE_DETECTOR(Margin, "margin", "Highest less second logit");

}  // namespace
}  // namespace deepmine
