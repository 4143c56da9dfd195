#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"

namespace deepmine {
namespace {

/// One minus the highest softmax probability.
///
/// Source: Hendrycks and Gimpel 2017, section 2.
class Msp : public Detector {
 public:
  using Options = NoOptions;
  explicit Msp(const Options&) {}

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}
  Scores score(const Inputs& inputs, int) const override { return {numbers_of<double>(softmax_rest(inputs.logits()))}; }
};

DEEPMINE_DETECTOR(Msp, "msp", "Maximum softmax probability");

}  // namespace
}  // namespace deepmine
