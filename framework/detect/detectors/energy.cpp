#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"

namespace deepmine {
namespace {

/// The energy of the logits, -T log(sum exp(z / T)).
///
/// Source: Liu et al. 2020, equation 4.
class Energy : public Detector {
 public:
  struct Options {
    double temperature = 1;

    void describe(Fields& fields) {
      fields.add({"temperature", &temperature, "", "the logits are divided by it", "Liu et al. 2020", {0, 1e9, true}});
    }
  };

  explicit Energy(const Options& options) : temperature_(options.temperature) {}

  bool learns() const override { return false; }
  void fit(const FitData&, Seed, int) override {}
  Scores score(const Inputs& inputs, int) const override {
    return {numbers_of<double>(-temperature_ * (finite_logits(inputs.logits()) / temperature_).logsumexp(1))};
  }

 private:
  double temperature_;
};

DEEPMINE_DETECTOR(Energy, "energy", "Energy of the logits");

}  // namespace
}  // namespace deepmine
