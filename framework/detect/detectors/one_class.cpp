#include <cmath>

#include "framework/core/error.h"
#include "framework/detect/detector.h"
#include "framework/detect/kept_svms.h"
#include "framework/detect/learnt_classes.h"
#include "framework/detect/read_layer.h"
#include "framework/detect/rows.h"

namespace deepmine {
namespace {

/// Of kernel rows, for all classes that are fitted at once.
constexpr std::size_t kCacheBytes = std::size_t{512} << 20;

/// How unlike the clean inputs of its predicted class an input is, by a one-class SVM on one layer, or on one beside
/// the logits.
///
/// The score of one layer is minus that of the machine. Of two it is their weighted sum, and the machines' own are its
/// parts, "mdl" (the layer) and "logits", normalised as the sum has them: 0 as the most normal clean input of the
/// class, 1 as the least. Any weight is concluded from the parts, and so is transductive normalisation, which gives the
/// same whether its scores were normalised before or not (framework/learn/transductive_scores.h). A class without clean
/// inputs has a machine without support vectors: all its inputs score 0, or normalised 1.
/// Source: uniform-svdd, its detector; with classes=all on one layer its ELO (Abdelzad et al. 2019), which has nu
/// 0.001. differs from it in: scores are normalised by the range of clean inputs, not by that of the inputs evaluated.
class OneClass : public Detector {
 public:
  struct Options {
    double nu = 0.1;
    std::string gamma = "scale";
    bool standardise = true;
    std::string classes = "predicted";
    std::string layers = ReadLayer::kLogits;
    double beta = 0.5;
    std::string normalisation = "train";
    double tolerance = 1e-3;

    void describe(Fields& fields) {
      fields.add({"nu", &nu, "", "about the share of clean inputs outside; ELO has 0.001", "uniform-svdd",
                  {0, 1, true}});
      fields.add({"gamma", &gamma, "", "of the kernel exp(-gamma |x - z|^2): a number, or scale for 1 / (features x "
                  "their variance)", "uniform-svdd, its code"});
      fields.add({"standardise", &standardise, "", "scale features by the clean inputs' means and standard deviations "
                  "first", "uniform-svdd, its code"});
      fields.add({"classes", &classes, "", "one machine for each predicted class of the clean inputs, for each true "
                  "class (their labels), or one for all", "uniform-svdd", {}, {"predicted", "true", "all"}});
      fields.add({"layers", &layers, "", "a layer, channels by their means, or one and the logits: conv1+logits",
                  "uniform-svdd"});
      fields.add({"beta", &beta, "", "of two layers: the logits' weight", "uniform-svdd", {0, 1}});
      fields.add({"normalisation", &normalisation, "", "of two layers: each by the range of the clean inputs' scores, "
                  "or none", "ours", {}, {"train", "none"}});
      fields.add({"tolerance", &tolerance, "", "how far from its minimum a machine may stop", "libsvm's default",
                  {1e-10, 1}});
    }
    void settle() {
      if (gamma != "scale") gamma = fmt::format("{}", parse_real(gamma, "gamma"));
    }
  };

  explicit OneClass(const Options& options) : options_(options), layers_(read_layers(options.layers)) {
    ensure(layers_.size() == 1 || (layers_.size() == 2 && layers_[1].name == ReadLayer::kLogits),
           "layers: expected a layer, or a layer and the logits (conv1+logits), found {}", options.layers);
    svm_ = {options.nu, {}, options.tolerance, kCacheBytes};
    if (options.gamma == "scale") return;
    svm_.gamma = parse_real(options.gamma, "gamma");
    ensure(*svm_.gamma > 0 && std::isfinite(*svm_.gamma), "gamma: expected scale or a number above 0, found {}",
           options.gamma);
  }

  std::set<Feature> features() const override { return features_of(layers_); }
  bool reads_logits() const override { return false; }
  bool within_class() const override { return options_.classes != "all"; }

  void fit(const FitData& data, Seed, int threads) override {
    ensure_layers_known(layers_, data.clean);
    ensure(options_.classes != "true" || data.clean.labels.defined(),
           "classes: expected labels of the clean inputs for classes=true, found none; give them, or take "
           "classes=predicted");
    const std::vector<std::int64_t> classes =
        options_.classes == "true" ? numbers_of<std::int64_t>(data.clean.labels) : classes_of(data.clean);
    machines_.clear();
    for (const ReadLayer& layer : layers_) {
      const torch::Tensor rows = layer.rows(data.clean);
      machines_.push_back(ClassSvms::fit(view_of<double>(rows), classes, options_.standardise, svm_,
                                         static_cast<std::size_t>(threads)));
    }
    if (within_class()) learnt_ = LearntClasses::of(data.clean, machines_.front().machines.size());
  }

  Scores score(const Inputs& inputs, int threads) const override {
    ensure_layers_known(layers_, inputs);
    const std::vector<std::int64_t> classes = classes_of(inputs);
    std::vector<std::vector<double>> parts;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const torch::Tensor rows = layers_[i].rows(inputs);
      parts.push_back(anomaly(machines_.at(i),
                              machines_[i].scores(view_of<double>(rows), classes, static_cast<std::size_t>(threads)),
                              classes));
    }
    if (parts.size() == 1) return {parts.front()};
    Scores scores{std::vector<double>(classes.size())};
    for (std::size_t i = 0; i < classes.size(); ++i) {
      scores.values[i] = (1 - options_.beta) * parts[0][i] + options_.beta * parts[1][i];
    }
    scores.parts = {{"mdl", std::move(parts[0])}, {"logits", std::move(parts[1])}};
    return scores;
  }

  std::vector<std::string> doubts() const override { return learnt_.doubts(fmt::format("all score {}", unlearnt())); }

  Npz learnt() const override {
    Npz content;
    for (std::size_t i = 0; i < machines_.size(); ++i) keep(machines_[i], std::to_string(i), content);
    learnt_.keep(content);
    return content;
  }

  void restore(const Npz& learnt) override {
    machines_.clear();
    for (std::size_t i = 0; i < layers_.size(); ++i) machines_.push_back(kept_svms(learnt, std::to_string(i)));
    learnt_ = LearntClasses::kept(learnt);
  }

 private:
  bool normalises() const { return layers_.size() == 2 && options_.normalisation == "train"; }
  /// The score of an input whose class had no clean input.
  double unlearnt() const { return normalises() ? 1 : 0; }

  std::vector<std::int64_t> classes_of(const Inputs& inputs) const {
    if (options_.classes == "all") return std::vector<std::int64_t>(static_cast<std::size_t>(inputs.size()), 0);
    return numbers_of<std::int64_t>(inputs.predicted());
  }

  /// What machines' scores say, higher for anomalous inputs.
  std::vector<double> anomaly(const ClassSvms& svms, std::vector<double> scores,
                              const std::vector<std::int64_t>& classes) const {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const ClassSvm* machine = svms.of(classes[i]);
      scores[i] = machine == nullptr ? unlearnt() : normalises() ? 1 - machine->normalised(scores[i]) : -scores[i];
    }
    return scores;
  }

  Options options_;
  std::vector<ReadLayer> layers_;
  OneClassOptions svm_;
  std::vector<ClassSvms> machines_;  ///< of each layer
  LearntClasses learnt_;
};

DEEPMINE_DETECTOR(OneClass, "one-class", "One-class SVM of each class, on a layer and the logits");

}  // namespace
}  // namespace deepmine
