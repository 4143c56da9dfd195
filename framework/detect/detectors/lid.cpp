#include <algorithm>
#include <vector>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/learnt.h"
#include "framework/detect/read_layer.h"
#include "framework/detect/rows.h"
#include "framework/detect/scaled_regression.h"
#include "framework/learn/nearest_neighbours.h"
#include "framework/learn/selected_rows.h"

namespace deepmine {
namespace {

constexpr std::int64_t kAtOnce = 1000;  ///< inputs whose values are held in double

/// The local intrinsic dimension of an input among the first clean inputs: of one layer itself, of several the log odds
/// of being adversarial by all of them, learnt from adversarial inputs.
///
/// Source: Ma et al. 2018, section 4. differs from it in: every input is judged against the same clean inputs, the
/// first `batch`, not against those it happens to be scored with, so that its score is its own.
class Lid : public Detector {
 public:
  struct Options {
    std::int64_t k = 20;
    std::int64_t batch = 100;
    std::string variant = "literal";
    std::string layers = ReadLayer::kLogits;
    std::string pooling = "none";

    void describe(Fields& fields) {
      fields.add({"k", &k, "inputs", "neighbours, fewer where there are fewer", "Ma et al. 2018, code for MNIST",
                  {1, 1e6}});
      fields.add({"batch", &batch, "inputs", "clean inputs that neighbours are sought among", "Ma et al. 2018",
                  {2, 1e6}});
      fields.add({"variant", &variant, "", "literal leaves out every input's nearest neighbour, as the code does that "
                  "takes it for the input itself; clean only where it is, at distance 0", "Ma et al. 2018, code", {},
                  {"literal", "clean"}});
      fields.add({"layers", &layers, "", "layers with + between them; input for the pixels", "ours"});
      fields.add({"pooling", &pooling, "", "of channels: none for all their values, or their mean",
                  "Ma et al. 2018, code", {}, {"none", "mean"}});
    }
  };

  explicit Lid(const Options& options)
      : options_(options),
        layers_(read_layers(options.layers, options.pooling == "mean" ? Pooling::kChannelMean : Pooling::kNone)) {}

  std::set<Feature> features() const override { return features_of(layers_); }
  bool reads_logits() const override { return false; }
  Needs needs() const override { return {learns_from_adversarial(), learns_from_adversarial()}; }

  void fit(const FitData& data, Seed, int threads) override {
    ensure_layers_known(layers_, data.clean);
    references_.clear();
    for (const ReadLayer& layer : layers_) {
      const torch::Tensor rows = layer.values(data.clean).slice(0, 0, options_.batch).to(torch::kFloat64).contiguous();
      const MatrixView<double> view = view_of<double>(rows);
      ensure(view.rows() >= 2, "lid: expected two clean inputs or more to find neighbours among, found {}",
             view.rows());
      references_.emplace_back(view.rows(), view.cols(), std::vector<double>(view.data(), view.data() + view.size()));
    }
    if (!learns_from_adversarial()) return;
    ensure(data.adversarial != nullptr,
           "lid: expected adversarial inputs to learn {} layers' weights from, found none; give some, "
           "or name one layer",
           layers_.size());
    std::vector<double> normal = dimensions(data.clean, threads).take();
    if (data.noisy != nullptr) {
      const Matrix<double> noisy = dimensions(*data.noisy, threads);
      normal.insert(normal.end(), noisy.data(), noisy.data() + noisy.size());
    }
    const std::size_t rows = normal.size() / layers_.size();
    regression_ = ScaledRegression::fit({rows, layers_.size(), std::move(normal)},
                                        dimensions(*data.adversarial, threads), static_cast<std::size_t>(threads));
  }

  Scores score(const Inputs& inputs, int threads) const override {
    ensure_layers_known(layers_, inputs);
    Matrix<double> found = dimensions(inputs, threads);
    return {learns_from_adversarial() ? regression_.log_odds(found) : std::move(found).take()};
  }

  Npz learnt() const override {
    Npz content;
    for (std::size_t i = 0; i < references_.size(); ++i)
      content.arrays["reference " + std::to_string(i)] = array_of(references_[i]);
    if (learns_from_adversarial()) regression_.keep(content);
    return content;
  }

  void restore(const Npz& learnt) override {
    references_.clear();
    for (std::size_t i = 0; i < layers_.size(); ++i)
      references_.push_back(matrix_in<double>(learnt, "reference " + std::to_string(i)));
    if (learns_from_adversarial()) regression_ = ScaledRegression::kept(learnt);
  }

 private:
  bool learns_from_adversarial() const { return layers_.size() > 1; }

  /// [N x layers]
  Matrix<double> dimensions(const Inputs& inputs, int threads) const {
    Matrix<double> found(static_cast<std::size_t>(inputs.size()), layers_.size());
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const torch::Tensor values = layers_[i].values(inputs);
      for (std::int64_t begin = 0; begin < inputs.size(); begin += kAtOnce) {
        const torch::Tensor rows = values.slice(0, begin, begin + kAtOnce).to(torch::kFloat64).contiguous();
        const auto some = dimensions(view_of<double>(rows), references_.at(i), static_cast<std::size_t>(threads));
        for (std::size_t j = 0; j < some.size(); ++j) found(static_cast<std::size_t>(begin) + j, i) = some[j];
      }
    }
    return found;
  }

  std::vector<double> dimensions(MatrixView<double> rows, const Matrix<double>& reference, std::size_t threads) const {
    const auto k = static_cast<std::size_t>(options_.k);
    if (options_.variant == "literal") {
      return local_intrinsic_dimension(rows, reference, k, NearestRow::kDropped, threads);
    }
    const Matrix<double> nearest = nearest_distances(rows, reference, 1, threads);
    std::vector<std::int64_t> is_there;
    for (std::size_t i = 0; i < rows.rows(); ++i) is_there.push_back(nearest(i, 0) == 0 ? 1 : 0);
    std::vector<double> result(rows.rows());
    for (const auto& [there, own] : rows_by_class(is_there)) {
      const auto row = there == 1 ? NearestRow::kDropped : NearestRow::kKept;
      const std::vector<double> found = local_intrinsic_dimension(selected_rows(rows, own), reference, k, row, threads);
      for (std::size_t i = 0; i < own.size(); ++i) result[own[i]] = found[i];
    }
    return result;
  }

  Options options_;
  std::vector<ReadLayer> layers_;
  std::vector<Matrix<double>> references_;  ///< of each layer [batch x values]
  ScaledRegression regression_;
};

DEEPMINE_DETECTOR(Lid, "lid", "Local intrinsic dimensionality");

}  // namespace
}  // namespace deepmine
