#include "framework/detect/detector.h"
#include "framework/detect/perturbed.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"
#include "framework/model/normalisation.h"

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
    double epsilon = 0;
    std::string units = "pixels";

    void describe(Fields& fields) {
      fields.add({"temperature", &temperature, "", "the logits are divided by it", "Liang et al. 2018", {0, 1e9,
                  true}});
      fields.add({"epsilon", &epsilon, "see units", "step towards the predicted class; asks the model, so it needs "
                  "images",
                  "uniform-svdd, table 2", {0, 1}});
      fields.add({"units", &units, "", "of epsilon: pixels of [0,1], or the input as the network normalises it, of "
                  "which a channel's "
                  "std in pixels is 1", "Liang et al. 2018, their code", {}, {"pixels", "normalised"}});
    }
  };

  explicit Odin(const Options& options) : options_(options) {}

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}
  Scores score(const Inputs& inputs, int) const override {
    const auto rest = [&](const torch::Tensor& logits) { return softmax_rest(logits, options_.temperature); };
    return {numbers_of<double>(options_.epsilon > 0 ? scores_of_perturbed(inputs, step(inputs), rest)
                                                    : rest(inputs.logits()))};
  }

 private:
  torch::Tensor step(const Inputs& inputs) const {
    return options_.epsilon * (options_.units == "pixels" ? torch::ones({1, 1, 1}) : input_std(inputs.model()));
  }

  Options options_;
};

DEEPMINE_DETECTOR(Odin, "odin", "ODIN: temperature and input perturbation");

}  // namespace
}  // namespace deepmine
