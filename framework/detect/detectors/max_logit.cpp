#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"

namespace deepmine {
namespace {

/// Minus the highest logit.
///
/// Source: Hendrycks et al. 2022, "Scaling out-of-distribution detection for real-world settings", section 4.
class MaxLogit : public Detector {
 public:
  using Options = NoOptions;
  explicit MaxLogit(const Options&) {}

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}
  Scores score(const Inputs& inputs, int) const override {
    return {numbers_of<double>(-finite_logits(inputs.logits()).amax(1))};
  }
};

DEEPMINE_DETECTOR(MaxLogit, "max-logit", "Highest logit");

}  // namespace
}  // namespace deepmine
