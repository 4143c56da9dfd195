#include <algorithm>
#include <map>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/parallel_blocks.h"
#include "framework/detect/detector.h"
#include "framework/detect/hidden_layers.h"
#include "framework/detect/kept_projection.h"
#include "framework/detect/kept_svms.h"
#include "framework/detect/learnt.h"
#include "framework/detect/learnt_classes.h"
#include "framework/detect/rows.h"
#include "framework/learn/selected_rows.h"

namespace deepmine {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{256} << 20;  ///< of kernel rows, for all machines fitted at once
constexpr std::size_t kHeldOut = 5;  ///< every so many-th clean input of a class is kept for the last machine
constexpr std::size_t kRowBlock = 64;  ///< inputs that a thread judges at once

/// What is learnt of a layer: its values' directions, the classes that they tell, and a machine around them.
struct LayerInvariants {
  Pca directions;
  MultinomialRegression derived;
  ClassSvms values;
};

/// A layer's values, in their directions [N x k], and the probabilities of the classes by them [N x K].
struct LayerView {
  Matrix<double> values, classes;
};

/// How unlike those of clean inputs an input's inner values are, layer by layer (value invariants), and the classes
/// that two consecutive layers tell (provenance invariants), by one-class SVMs.
///
/// A last machine judges what the others say; it learns from a fifth of the clean inputs that the others have not seen.
/// The score is minus its own.
/// Source: Ma et al. 2019 (NIC), section IV. differs from it in: of channels their means are read, in at most `pca`
/// directions; derived models are brought to the minimum of their loss; the last machine learns from held-out inputs.
class Nic : public Detector {
 public:
  struct Options {
    HiddenLayers hidden;
    std::int64_t pca = 100;
    double nu = 0.1;
    double final_nu = 0.05;
    double strength = 1;

    void describe(Fields& fields) {
      hidden.describe(fields, "Ma et al. 2019; beside them the logits");
      fields.add({"pca", &pca, "", "directions of a layer's values that are kept, at most", "ours", {1, 1e5}});
      fields.add({"nu", &nu, "", "of the invariants' machines: about the share of clean inputs outside", "ours",
                  {0, 1, true}});
      fields.add({"final-nu", &final_nu, "", "of the last machine", "ours", {0, 1, true}});
      fields.add({"c", &strength, "", "of the derived models: weight of the errors against that of large weights",
                  "ours", {0, 1e9, true}});
    }
  };

  explicit Nic(const Options& options) : options_(options) {
    for (const ReadLayer& layer : options_.hidden.named(kPooling)) {
      ensure(layer.name != ReadLayer::kLogits,
             "nic: expected layers before the logits, which it reads beside them anyway, found logits");
    }
  }

  std::set<Feature> features() const override { return features_of(options_.hidden.named(kPooling)); }

  void fit(const FitData& data, Seed, int threads) override {
    const std::vector<ReadLayer> layers = layers_of(data.clean);
    const std::vector<torch::Tensor> values = read(data.clean, layers);
    const auto classes = numbers_of<std::int64_t>(classes_of_clean(data.clean));
    std::map<std::int64_t, std::size_t> counts;
    std::vector<std::size_t> own, held_out;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      (++counts[classes[i]] % kHeldOut == 0 ? held_out : own).push_back(i);
    }
    ensure(!held_out.empty(), "nic: expected {} clean inputs or more of a class, found {} of {} classes", kHeldOut,
           classes.size(), counts.size());
    learnt_ = LearntClasses::of(data.clean, counts.size());
    const auto workers = static_cast<std::size_t>(threads);
    layers_.assign(values.size(), {});
    std::vector<LayerView> views(values.size());
    parallel_blocks(values.size(), 1, workers, [&](std::size_t l, std::size_t) {
      layers_[l] = learnt_of(layers[l].name, selected_rows(view_of<double>(values[l]), own), selected(classes, own),
                             workers);
      views[l] = view(layers_[l], view_of<double>(values[l]), 1);
    });
    provenance_.assign(values.size() - 1, {});
    parallel_blocks(provenance_.size(), 1, workers, [&](std::size_t l, std::size_t) {
      provenance_[l] = machine(selected_rows(beside(views[l], views[l + 1]), own), options_.nu, workers);
    });
    final_ = machine(selected_rows(decisions(views, workers), held_out), options_.final_nu, 1, true);
  }

  Scores score(const Inputs& inputs, int threads) const override {
    const std::vector<torch::Tensor> values = read(inputs, layers_of(inputs));
    ensure(values.size() == layers_.size() && !layers_.empty(), "nic: expected {} layers, as it learnt from, found {}",
           layers_.size(), values.size());
    const auto workers = static_cast<std::size_t>(threads);
    std::vector<LayerView> views;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      views.push_back(view(layers_[l], view_of<double>(values[l]), workers));
    }
    std::vector<double> scores = scores_of(final_, decisions(views, workers), workers);
    for (double& score : scores) score = -score;
    return {std::move(scores)};
  }

  std::vector<std::string> doubts() const override { return learnt_.doubts("are told as others' by every layer"); }

  Npz learnt() const override {
    Npz content;
    learnt_.keep(content);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      keep(layers_[l].directions, named("directions", l), content);
      keep(layers_[l].derived, named("derived model", l), content);
      keep(layers_[l].values, named("values", l), content);
      if (l > 0) keep(provenance_[l - 1], named("provenance", l), content);
    }
    content.arrays["layers"] = {{1}, std::vector<std::int64_t>{static_cast<std::int64_t>(layers_.size())}};
    keep(final_, "last machine", content);
    return content;
  }

  void restore(const Npz& learnt) override {
    const std::vector<std::int64_t> layers = matrix_in<std::int64_t>(learnt, "layers").take();
    ensure(layers.size() == 1 && layers[0] >= 2, "expected two layers or more in what nic has learnt");
    layers_.clear();
    provenance_.clear();
    for (std::size_t l = 0; l < static_cast<std::size_t>(layers[0]); ++l) {
      layers_.push_back({kept_pca(learnt, named("directions", l)), kept_regression(learnt, named("derived model", l)),
                         kept_svms(learnt, named("values", l))});
      if (l > 0) provenance_.push_back(kept_svms(learnt, named("provenance", l)));
    }
    final_ = kept_svms(learnt, "last machine");
    learnt_ = LearntClasses::kept(learnt);
  }

 private:
  static constexpr Pooling kPooling = Pooling::kChannelMean;

  static std::string named(const char* what, std::size_t layer) { return fmt::format("{} {}", what, layer); }

  /// Those read, in the order in which an image passes them, however they are named: pixels first, logits last.
  std::vector<ReadLayer> layers_of(const Inputs& inputs) const {
    const std::vector<std::string> passed = inputs.model().layers();  // values alone are of one layer
    const auto place = [&](const ReadLayer& layer) -> std::ptrdiff_t {
      if (layer.name == ReadLayer::kInput) return -1;
      return std::find(passed.begin(), passed.end(), layer.name) - passed.begin();
    };
    std::vector<ReadLayer> layers = options_.hidden.of(inputs, kPooling);
    std::stable_sort(layers.begin(), layers.end(),
                     [&](const ReadLayer& a, const ReadLayer& b) { return place(a) < place(b); });
    layers.push_back({ReadLayer::kLogits});
    return layers;
  }

  /// float64 [N x values] of each layer.
  static std::vector<torch::Tensor> read(const Inputs& inputs, const std::vector<ReadLayer>& layers) {
    inputs.require(features_of(layers));
    std::vector<torch::Tensor> values;
    for (const ReadLayer& layer : layers) values.push_back(layer.rows(inputs));
    return values;
  }

  static std::vector<std::int64_t> selected(const std::vector<std::int64_t>& classes,
                                            const std::vector<std::size_t>& which) {
    std::vector<std::int64_t> result;
    for (const std::size_t i : which) result.push_back(classes[i]);
    return result;
  }

  LayerInvariants learnt_of(const std::string& name, const Matrix<double>& rows,
                            const std::vector<std::int64_t>& classes, std::size_t at_once) const {
    LayerInvariants layer;
    layer.directions = Pca::fit(rows, static_cast<std::size_t>(options_.pca));
    ensure(layer.directions.components.rows() > 0,
           "nic: expected layers that tell inputs apart, found that {} gives the same for all; name the "
           "others as layers",
           name);
    const Matrix<double> values = in_directions(layer, rows, 1);
    layer.derived = MultinomialRegression::fit(values, classes, options_.strength);
    layer.values = machine(values, options_.nu, at_once);
    return layer;
  }

  static Matrix<double> in_directions(const LayerInvariants& layer, MatrixView<double> rows, std::size_t threads) {
    return by_row(rows, threads, [&](MatrixView<double> row) { return layer.directions.transform(row); });
  }

  static LayerView view(const LayerInvariants& layer, MatrixView<double> rows, std::size_t threads) {
    LayerView seen;
    seen.values = in_directions(layer, rows, threads);
    seen.classes =
        by_row(seen.values, threads, [&](MatrixView<double> row) { return layer.derived.probabilities(row); });
    return seen;
  }

  /// What `of` makes of each row by itself: a product of matrices rounds by how many rows there are.
  template <typename Of>
  static Matrix<double> by_row(MatrixView<double> rows, std::size_t threads, Of of) {
    const auto one = [&](std::size_t i) { return of({rows.row(i), 1, rows.cols()}); };
    const Matrix<double> first = one(0);
    Matrix<double> result(rows.rows(), first.cols());
    parallel_blocks(rows.rows(), kRowBlock, threads, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const Matrix<double> found = one(i);
        std::copy_n(found.data(), found.size(), result.row(i));
      }
    });
    return result;
  }

  /// What two layers make of the classes.
  static Matrix<double> beside(const LayerView& before, const LayerView& after) {
    const std::size_t width = before.classes.cols();
    Matrix<double> result(before.classes.rows(), width + after.classes.cols());
    for (std::size_t i = 0; i < result.rows(); ++i) {
      std::copy_n(before.classes.row(i), width, result.row(i));
      std::copy_n(after.classes.row(i), after.classes.cols(), result.row(i) + width);
    }
    return result;
  }

  /// One machine around all rows.
  static ClassSvms machine(const Matrix<double>& rows, double nu, std::size_t at_once, bool standardise = false) {
    OneClassOptions options;
    options.nu = nu;
    options.cache_bytes = kCacheBytes / std::max<std::size_t>(at_once, 1);
    return ClassSvms::fit(rows, std::vector<std::int64_t>(rows.rows(), 0), standardise, options);
  }

  static std::vector<double> scores_of(const ClassSvms& svm, const Matrix<double>& rows, std::size_t threads) {
    return svm.scores(rows, std::vector<std::int64_t>(rows.rows(), 0), threads);
  }

  /// [N x 2 layers - 1]: what the invariants' machines say.
  Matrix<double> decisions(const std::vector<LayerView>& views, std::size_t threads) const {
    Matrix<double> result(views.front().values.rows(), 2 * layers_.size() - 1);
    const auto put = [&](const std::vector<double>& scores, std::size_t column) {
      for (std::size_t i = 0; i < scores.size(); ++i) result(i, column) = scores[i];
    };
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      put(scores_of(layers_[l].values, views[l].values, threads), 2 * l);
      if (l > 0) put(scores_of(provenance_[l - 1], beside(views[l - 1], views[l]), threads), 2 * l - 1);
    }
    return result;
  }

  Options options_;
  std::vector<LayerInvariants> layers_;  ///< the last one of the logits
  std::vector<ClassSvms> provenance_;    ///< of each layer but the first, and the one before it
  ClassSvms final_;
  LearntClasses learnt_;
};

DEEPMINE_DETECTOR(Nic, "nic", "Value and provenance invariants of all layers");

}  // namespace
}  // namespace deepmine
