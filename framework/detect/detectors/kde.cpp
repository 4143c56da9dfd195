#include <algorithm>
#include <limits>

#include "framework/detect/detector.h"
#include "framework/detect/kept_density.h"
#include "framework/detect/learnt_classes.h"
#include "framework/detect/read_layer.h"
#include "framework/detect/rows.h"

namespace deepmine {
namespace {

/// Minus the logarithm of the density of clean inputs of the class that is predicted.
///
/// Source: Feinman et al. 2017, section 4.1; bandwidths of uniform-svdd, its baselines: 3.7926 for MNIST, 0.26 for
/// CIFAR-10, 1 for SVHN, of the last hidden layer. Classes of clean inputs are their labels, or where there are none
/// the predicted ones. differs from it in: a class without clean inputs has the largest finite score.
class Kde : public Detector {
 public:
  using Options = DensityOptions;
  explicit Kde(const Options& options) : bandwidth_(options.bandwidth), layer_{options.layer} {}

  std::set<Feature> features() const override { return layer_.features(); }
  bool reads_logits() const override { return false; }

  void fit(const FitData& data, Seed, int) override {
    const torch::Tensor rows = layer_.rows(data.clean);
    const auto classes = numbers_of<std::int64_t>(classes_of_clean(data.clean));
    density_ = ClassKernelDensity::fit(view_of<double>(rows), classes, bandwidth_);
    learnt_ = LearntClasses::of(data.clean, density_.classes.size());
  }

  Scores score(const Inputs& inputs, int threads) const override {
    const torch::Tensor rows = layer_.rows(inputs);
    std::vector<double> values = density_.log_density(
        view_of<double>(rows), numbers_of<std::int64_t>(inputs.predicted()), static_cast<std::size_t>(threads));
    for (double& value : values) value = std::min(-value, std::numeric_limits<double>::max());
    return {values};
  }

  std::vector<std::string> doubts() const override { return learnt_.doubts("have the largest score there is"); }

  Npz learnt() const override {
    Npz content;
    keep(density_, content);
    learnt_.keep(content);
    return content;
  }

  void restore(const Npz& learnt) override {
    density_ = kept_density(learnt, bandwidth_);
    learnt_ = LearntClasses::kept(learnt);
  }

 private:
  double bandwidth_;
  ReadLayer layer_;
  ClassKernelDensity density_;
  LearntClasses learnt_;
};

DEEPMINE_DETECTOR(Kde, "kde", "Kernel density of the predicted class");

}  // namespace
}  // namespace deepmine
