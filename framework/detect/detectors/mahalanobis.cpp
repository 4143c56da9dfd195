#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/learnt.h"
#include "framework/detect/learnt_classes.h"
#include "framework/detect/perturbed.h"
#include "framework/detect/read_layer.h"
#include "framework/detect/rows.h"
#include "framework/detect/softmax.h"
#include "framework/learn/tied_gaussian.h"

namespace deepmine {
namespace {

/// Whether there are numbers and all of them finite.
bool finite(const Matrix<double>& matrix) {
  return matrix.size() > 0 &&
         std::all_of(matrix.data(), matrix.data() + matrix.size(), [](double value) { return std::isfinite(value); });
}

/// The smallest squared Mahalanobis distance to the mean of a class, all classes having one covariance, of images that
/// may be moved towards a smaller one first.
///
/// Source: Lee et al. 2018, sections 2.1 and 2.2, on the logits as uniform-svdd has it; differs from it in: the
/// covariance is the mean of the classes', see `TiedCovariance`. Classes are those of the labels, or where there are
/// none the predicted ones.
class Mahalanobis : public Detector {
 public:
  struct Options {
    std::string layer = ReadLayer::kLogits;
    PerturbationOptions perturbation;

    void describe(Fields& fields) {
      fields.add({"layer", &layer, "", "the layer it reads, channels by their means; logits for the model's output",
                  "uniform-svdd"});
      perturbation.describe(fields, "the nearest class, by the logits", "uniform-svdd, table 2");
    }
  };

  explicit Mahalanobis(const Options& options) : layer_{options.layer}, perturbation_(options.perturbation) {
    ensure(perturbation_.epsilon == 0 || options.layer == ReadLayer::kLogits,
           "epsilon: expected layer=logits with it, found layer={}; images move by the gradient of the logits' "
           "distance",
           options.layer);
  }

  std::set<Feature> features() const override { return layer_.features(); }

  void fit(const FitData& data, Seed, int) override {
    const Inputs& clean = data.clean;
    const torch::Tensor rows = layer_.rows(clean);
    const torch::Tensor& classes = classes_of_clean(clean);
    gaussian_ = TiedGaussian::fit(view_of<double>(rows), numbers_of<std::int64_t>(classes));
    ensure(gaussian_.rank() > 0,
           "expected clean inputs that differ within their classes, found {} inputs of {} classes that do "
           "not; give more of them",
           rows.size(0), gaussian_.classes.size());
  }

  Scores score(const Inputs& inputs, int) const override {
    if (perturbation_.epsilon > 0) {
      return {numbers_of<double>(scores_of_perturbed(inputs, perturbation_.step(inputs), distance()))};
    }
    const torch::Tensor rows = layer_.rows(inputs);
    const Matrix<double> distances = gaussian_.distances(view_of<double>(rows));
    Scores scores;
    for (std::size_t i = 0; i < distances.rows(); ++i) {
      scores.values.push_back(*std::min_element(distances.row(i), distances.row(i) + distances.cols()));
    }
    return scores;
  }

  Npz learnt() const override {
    Npz content;
    content.arrays = {{"classes", {{gaussian_.classes.size()}, gaussian_.classes}},
                      {"means", array_of(gaussian_.means)},
                      {"whitening", array_of(gaussian_.whitening)}};
    return content;
  }

  void restore(const Npz& learnt) override {
    gaussian_.classes = matrix_in<std::int64_t>(learnt, "classes").take();
    gaussian_.means = matrix_in<double>(learnt, "means");
    gaussian_.whitening = matrix_in<double>(learnt, "whitening");
    ensure(finite(gaussian_.means) && finite(gaussian_.whitening),
           "expected finite means and whitening, found others or none");
    ensure(gaussian_.means.cols() == gaussian_.whitening.cols() && gaussian_.means.rows() == gaussian_.classes.size(),
           "expected a mean of each class, as wide as the whitening, found [{} x {}] of {} classes and a width of {}",
           gaussian_.means.rows(), gaussian_.means.cols(), gaussian_.classes.size(), gaussian_.whitening.cols());
  }

 private:
  /// The same of logits, by differentiable steps. Each row is multiplied on its own, so that none hangs on its place.
  LogitScore distance() const {
    const torch::Tensor means = tensor_of(gaussian_.means), whitening = tensor_of(gaussian_.whitening).t();
    return [means, whitening](const torch::Tensor& logits) {
      ensure(logits.size(1) == means.size(1), "features: expected {} columns, as the learner was fitted to, found {}",
             means.size(1), logits.size(1));
      const torch::Tensor from_means = finite_logits(logits).unsqueeze(1) - means;
      return torch::bmm(from_means, whitening.expand({logits.size(0), -1, -1})).square().sum(2).amin(1);
    };
  }

  static torch::Tensor tensor_of(const Matrix<double>& matrix) {
    return torch::tensor(std::vector<double>(matrix.data(), matrix.data() + matrix.size()), torch::kFloat64)
        .view({static_cast<std::int64_t>(matrix.rows()), static_cast<std::int64_t>(matrix.cols())});
  }

  ReadLayer layer_;
  PerturbationOptions perturbation_;
  TiedGaussian gaussian_;
};

DEEPMINE_DETECTOR(Mahalanobis, "mahalanobis", "Mahalanobis distance, tied covariance");

}  // namespace
}  // namespace deepmine
