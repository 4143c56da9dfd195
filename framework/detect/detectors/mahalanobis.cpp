#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/learnt.h"
#include "framework/detect/rows.h"
#include "framework/learn/tied_gaussian.h"

namespace deepmine {
namespace {

/// Whether there are numbers and all of them finite.
bool finite(const Matrix<double>& matrix) {
  return matrix.size() > 0 &&
         std::all_of(matrix.data(), matrix.data() + matrix.size(), [](double value) { return std::isfinite(value); });
}

/// The smallest squared Mahalanobis distance to the mean of a class, all classes having one covariance.
///
/// Source: Lee et al. 2018, section 2.1, on the logits as uniform-svdd has it; differs from it in: the covariance is
/// the mean of the classes', see `TiedCovariance`. Classes are those of the labels, or where there are none the
/// predicted ones.
class Mahalanobis : public Detector {
 public:
  struct Options {
    std::string layer = "logits";

    void describe(Fields& fields) {
      fields.add({"layer", &layer, "", "the layer it reads, channels by their means; logits for the model's "
                  "output", "uniform-svdd"});
    }
  };

  explicit Mahalanobis(const Options& options) : layer_(options.layer) {}

  std::set<Feature> features() const override { return layer_ == kLogits ? std::set<Feature>() : std::set{feature()}; }

  void fit(const FitData& data, Seed, int) override {
    const Inputs& clean = data.clean;
    const torch::Tensor rows = values(clean);
    const torch::Tensor& classes = clean.labels.defined() ? clean.labels : clean.predicted();
    gaussian_ = TiedGaussian::fit(view_of<double>(rows), numbers_of<std::int64_t>(classes));
    ensure(gaussian_.rank() > 0,
           "expected clean inputs that differ within their classes, found {} inputs of {} classes that do "
           "not; give more of them",
           rows.size(0), gaussian_.classes.size());
  }

  Scores score(const Inputs& inputs, int) const override {
    const torch::Tensor rows = values(inputs);
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
  static constexpr const char* kLogits = "logits";

  Feature feature() const { return {layer_, Pooling::kChannelMean}; }
  torch::Tensor values(const Inputs& inputs) const {
    return (layer_ == kLogits ? inputs.logits() : inputs.feature(feature())).to(torch::kFloat64).contiguous();
  }

  std::string layer_;
  TiedGaussian gaussian_;
};

DEEPMINE_DETECTOR(Mahalanobis, "mahalanobis", "Mahalanobis distance, tied covariance");

}  // namespace
}  // namespace deepmine
