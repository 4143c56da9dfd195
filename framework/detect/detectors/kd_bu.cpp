#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/kept_density.h"
#include "framework/detect/learnt_classes.h"
#include "framework/detect/read_layer.h"
#include "framework/detect/rows.h"
#include "framework/detect/scaled_regression.h"
#include "framework/learn/selected_rows.h"

namespace deepmine {
namespace {

/// The log odds of being adversarial by the density of the predicted class, learnt from adversarial inputs.
///
/// Source: Feinman et al. 2017, sections 4 and 5.3, by the code of Ma et al. 2018. differs from it in: their second
/// feature, the uncertainty of a network with dropout, is left out, as none of ours has dropout; the density of a clean
/// input is that of the clean inputs of the other half, because its own would hide how far it is from all others;
/// inputs of a class without clean ones count as the least dense that was learnt from.
class KdBu : public Detector {
 public:
  using Options = DensityOptions;
  explicit KdBu(const Options& options) : bandwidth_(options.bandwidth), layer_{options.layer} {}

  std::set<Feature> features() const override { return layer_.features(); }
  bool reads_logits() const override { return false; }
  Needs needs() const override { return {true, true}; }

  void fit(const FitData& data, Seed, int threads) override {
    ensure(data.adversarial != nullptr, "kd-bu: expected adversarial inputs to learn from, found none");
    const torch::Tensor rows = layer_.rows(data.clean);
    const std::vector<std::int64_t> classes = numbers_of<std::int64_t>(classes_of_clean(data.clean));
    density_ = ClassKernelDensity::fit(view_of<double>(rows), classes, bandwidth_);
    std::vector<double> normal =
        of_other_halves(view_of<double>(rows), classes, numbers_of<std::int64_t>(data.clean.predicted()), threads);
    if (data.noisy != nullptr) {
      const std::vector<double> noisy = density_of(*data.noisy, threads);
      normal.insert(normal.end(), noisy.begin(), noisy.end());
    }
    std::vector<double> adversarial = density_of(*data.adversarial, threads);
    least_ = std::numeric_limits<double>::infinity();
    for (const std::vector<double>* densities : {&normal, &adversarial}) {
      for (const double density : *densities) least_ = std::isfinite(density) ? std::min(least_, density) : least_;
    }
    ensure(std::isfinite(least_), "kd-bu: expected inputs of a class that has clean inputs, found none");
    regression_ = ScaledRegression::fit(feature(std::move(normal)), feature(std::move(adversarial)),
                                        static_cast<std::size_t>(threads));
  }

  Scores score(const Inputs& inputs, int threads) const override {
    return {regression_.log_odds(feature(density_of(inputs, threads)))};
  }

  std::vector<std::string> doubts() const override {
    return {"kd-bu: scores by the density alone (KD); the uncertainty (BU) needs a network with dropout"};
  }

  Npz learnt() const override {
    Npz content;
    keep(density_, content);
    regression_.keep(content);
    content.arrays["least"] = {{1}, std::vector<double>{least_}};
    return content;
  }

  void restore(const Npz& learnt) override {
    density_ = kept_density(learnt, bandwidth_);
    regression_ = ScaledRegression::kept(learnt);
    const std::vector<double> least = matrix_in<double>(learnt, "least").take();
    ensure(least.size() == 1 && std::isfinite(least.front()) && regression_.lows.size() == 1,
           "expected one feature and its least "
           "value in what kd-bu has learnt, found others");
    least_ = least.front();
  }

 private:
  std::vector<double> density_of(const Inputs& inputs, int threads) const {
    const torch::Tensor rows = layer_.rows(inputs);
    return density_.log_density(view_of<double>(rows), numbers_of<std::int64_t>(inputs.predicted()),
                                static_cast<std::size_t>(threads));
  }

  /// The log density of each clean input in its predicted class, by the inputs at odd places for those at even ones,
  /// and back.
  std::vector<double> of_other_halves(MatrixView<double> rows, const std::vector<std::int64_t>& classes,
                                      const std::vector<std::int64_t>& predicted, int threads) const {
    ensure(rows.rows() >= 2, "kd-bu: expected two clean inputs or more, found {}", rows.rows());
    std::vector<double> result(rows.rows());
    std::vector<std::size_t> halves[2];
    for (std::size_t i = 0; i < rows.rows(); ++i) halves[i % 2].push_back(i);
    for (const std::size_t half : {0, 1}) {
      const std::vector<std::size_t>&own = halves[half], &others = halves[1 - half];
      const auto density = ClassKernelDensity::fit(selected_rows(rows, others), selected(classes, others), bandwidth_);
      const auto found =
          density.log_density(selected_rows(rows, own), selected(predicted, own), static_cast<std::size_t>(threads));
      for (std::size_t i = 0; i < own.size(); ++i) result[own[i]] = found[i];
    }
    return result;
  }

  static std::vector<std::int64_t> selected(const std::vector<std::int64_t>& values,
                                            const std::vector<std::size_t>& which) {
    std::vector<std::int64_t> result;
    for (const std::size_t i : which) result.push_back(values[i]);
    return result;
  }

  /// [n x 1]
  Matrix<double> feature(std::vector<double> densities) const {
    for (double& density : densities) density = std::isfinite(density) ? density : least_;
    const std::size_t rows = densities.size();
    return {rows, 1, std::move(densities)};
  }

  double bandwidth_;
  ReadLayer layer_;
  ClassKernelDensity density_;
  double least_ = 0;  ///< log density of what was learnt from
  ScaledRegression regression_;
};

DEEPMINE_DETECTOR(KdBu, "kd-bu", "Kernel density, learnt from adversarial inputs");

}  // namespace
}  // namespace deepmine
