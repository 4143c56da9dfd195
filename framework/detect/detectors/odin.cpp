#include "framework/detect/detector.h"
#include "framework/detect/perturbed.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"

namespace deepmine {
namespace {

/// One minus the highest softmax probability after a temperature, of images that were moved towards a higher one.
///
/// Source: Liang, Li, Srikant 2018, equations 1 and 2. Their code divides epsilon by the standard deviation that the
/// network's input is normalised by, which makes it a step in pixels of [0,1]; their text moves the input as the
/// network sees it.
class Odin : public Detector {
 public:
  struct Options {
    double temperature = 1000;
    PerturbationOptions perturbation;

    void describe(Fields& fields) {
      fields.add({"temperature", &temperature, "", "the logits are divided by it", "Liang et al. 2018",
                  {0, 1e9, true}});
      perturbation.describe(fields, "the predicted class", "uniform-svdd, table 2");
    }
  };

  explicit Odin(const Options& options) : options_(options) {}

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}
  Scores score(const Inputs& inputs, int) const override {
    const auto rest = [&](const torch::Tensor& logits) { return softmax_rest(logits, options_.temperature); };
    const PerturbationOptions& moved = options_.perturbation;
    return {numbers_of<double>(moved.epsilon > 0 ? scores_of_perturbed(inputs, moved.step(inputs), rest)
                                                 : rest(inputs.logits()))};
  }

 private:
  Options options_;
};

DEEPMINE_DETECTOR(Odin, "odin", "ODIN: temperature and input perturbation");

}  // namespace
}  // namespace deepmine
