// The worked example of CONTRIBUTING.md: a detector in one file. In framework/detect/detectors/ it would be part of the
// program; here it is part of the tests, whose conformance cases find it in the registry like any other.
#include <catch2/catch.hpp>
#include <cmath>

#include "framework/detect/detector.h"
#include "framework/detect/learnt.h"
#include "framework/detect/rows.h"

namespace deepmine {
namespace {

/// The distance of a layer's channel means from those of the clean inputs, in standard deviations.
///
/// Source: none; an example.
class MeanDistance : public Detector {
 public:
  struct Options {
    std::string layer = "pool";

    void describe(Fields& fields) {
      fields.add({"layer", &layer, "", "the layer it reads, channels by their means", "ours"});
    }
  };
  explicit MeanDistance(const Options& options) : feature_{options.layer, Pooling::kChannelMean} {}

  std::set<Feature> features() const override { return {feature_}; }

  void fit(const FitData& data, Seed, int) override {
    const torch::Tensor rows = data.clean.feature(feature_).to(torch::kFloat64);
    ensure(rows.size(0) >= 2, "expected two clean inputs or more, found {}", rows.size(0));
    moments_ = torch::stack({rows.mean(0), rows.std(0).clamp_min(1e-12)});
  }

  Scores score(const Inputs& inputs, int) const override {
    const torch::Tensor rows = inputs.feature(feature_).to(torch::kFloat64);
    ensure(moments_.defined() && rows.size(1) == moments_.size(1),
           "expected values as wide as those learnt from, found {}", rows.size(1));
    return {numbers_of<double>(((rows - moments_[0]) / moments_[1]).norm(2, 1))};
  }

  Npz learnt() const override {
    Npz content;
    content.arrays["moments"] = {{2, static_cast<std::size_t>(moments_.size(1))},
                                 numbers_of<double>(moments_.flatten())};
    return content;
  }

  void restore(const Npz& learnt) override {
    const Matrix<double> moments = matrix_in<double>(learnt, "moments");
    ensure(moments.rows() == 2, "expected means and standard deviations, found {} rows", moments.rows());
    moments_ = torch::tensor(std::vector<double>(moments.data(), moments.data() + moments.size()), torch::kFloat64)
                   .view({2, static_cast<std::int64_t>(moments.cols())});
  }

 private:
  Feature feature_;
  torch::Tensor moments_;  ///< float64 [2 x channels]: means, standard deviations
};

DEEPMINE_DETECTOR(MeanDistance, "mean-distance", "Distance from the mean of clean inputs");

TEST_CASE("the example of a detector works") {
  const auto detector = Registry<Detector>::instance().make(Spec::parse("mean-distance"));
  detector->fit({Inputs(torch::tensor({{0.0, 1.0}, {2.0, 3.0}}, torch::kFloat64))}, Seed(1), 1);
  const Inputs inputs(torch::tensor({{1.0, 2.0}, {1.0, 2.0 + std::sqrt(2.0)}}, torch::kFloat64));
  const Scores scores = detector->score(inputs, 1);
  CHECK(scores.values[0] == Approx(0).margin(1e-12));
  CHECK(scores.values[1] == Approx(1));
}

}  // namespace
}  // namespace deepmine
