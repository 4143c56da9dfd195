// The golden LeNet from images to scores: every detector of uniform-svdd through the library.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "framework/data/dataset.h"
#include "framework/detect/detector.h"
#include "framework/detect/rows.h"
#include "framework/learn/detection_metrics.h"
#include "framework/learn/transductive_scores.h"
#include "tests/framework/learn/golden.h"

namespace deepmine {
namespace {

constexpr const char* kKinds[] = {"fmnist", "omniglot", "fgsm"};
constexpr const char* kFolder = "uniform-svdd";

/// The network, the inputs that detectors are fitted on, and those they score.
struct Case {
  Golden golden;
  Json expected;
  std::unique_ptr<Classifier> classifier;
  std::optional<Inputs> train;
  std::map<std::string, Inputs> sets;  ///< "test" and the kinds

  const Inputs& set(const std::string& kind) const { return sets.at(kind); }
  double tolerance(const std::string& name, const char* which) const {
    return expected.at("tolerances").at(name).at(which);
  }
  std::vector<double> values(const std::string& kind, const std::string& name) const {
    return golden.values("i_" + kind + "_expected.npz:" + name);
  }
  /// Whether values of a set of inputs are the golden ones of that name, within one of its tolerances.
  void check(const std::string& kind, const std::string& name, const std::vector<double>& found,
             const char* which) const {
    INFO(kind << ", " << name << ", " << which);
    CHECK(largest_difference(found, values(kind, name)) <= tolerance(name, which));
  }
};

torch::Tensor images(const Golden& golden, const std::string& kind) {
  Matrix<double> bytes = golden.matrix("i_" + kind + "_images");
  return torch::from_blob(bytes.data(), {static_cast<std::int64_t>(bytes.rows()), 1, 28, 28}, torch::kFloat64)
             .to(torch::kFloat32) /
         255;
}

std::optional<Case> golden_case() {
  auto golden = Golden::find(kFolder);
  if (!golden || std::getenv("DEEPMINE_DATA") == nullptr) {
    WARN("SKIPPED: no golden cases or DEEPMINE_DATA");
    return {};
  }
  Case one{*golden, golden->json("i_expected"), {}, {}, {}};
  const auto weights = std::filesystem::path(std::getenv("DEEPMINE_SHARED")) / "golden" / kFolder / "i_lenet.npz";
  one.classifier = load_classifier("lenet:padding=2,weights=" + weights.string());
  const Dataset mnist = load_dataset("mnist", Part::kTrain, DataFolders());
  const torch::Tensor rows = torch::tensor(golden->integers("i_train_index"));
  one.train.emplace(*one.classifier, mnist.pixels(0, mnist.size()).index_select(0, rows));
  one.train->labels = mnist.labels.index_select(0, rows);
  for (const std::string kind : {"test", "fmnist", "omniglot", "fgsm"})
    one.sets.emplace(kind, Inputs(*one.classifier, images(*golden, kind)));
  return one;
}

std::vector<double> changed(std::vector<double> values, double (*change)(double)) {
  for (double& value : values) value = change(value);
  return values;
}

double negative(double score) { return -score; }
double rest(double score) { return 1 - score; }
double log_rest(double score) { return std::log1p(-score); }

/// Golden values are higher for normal inputs.
using Change = double (*)(double);

std::unique_ptr<Detector> fitted(const std::string& spec, const Inputs& clean) {
  auto detector = Registry<Detector>::instance().make(Spec::parse(spec));
  if (detector->learns()) detector->fit({clean}, Seed(1), 2);
  return detector;
}

void check_scores(const Case& one, const std::string& spec, const std::string& name, Change change, const char* which) {
  const auto detector = fitted(spec, *one.train);
  for (const auto& [kind, inputs] : one.sets)
    one.check(kind, name, changed(detector->score(inputs, 2).values, change), which);
}

TEST_CASE("the golden LeNet has the golden features and logits") {
  const auto one = golden_case();
  if (!one) return;
  const std::map<std::string, Feature> features{{"feature_conv1", {"conv1", Pooling::kChannelMean}},
                                                {"feature_relu1", {"relu1", Pooling::kChannelMean}},
                                                {"feature_fc2", {"relu4", Pooling::kNone}}};
  for (const auto& [kind, inputs] : one->sets) {
    for (const auto& [name, feature] : features) {
      one->check(kind, name, numbers_of<double>(inputs.feature(feature).flatten()), "tolerance_strict");
    }
    one->check(kind, "logits", numbers_of<double>(inputs.logits().flatten()), "tolerance_strict");
    one->check(kind, "predicted", numbers_of<double>(inputs.predicted()), "tolerance_strict");
  }
}

TEST_CASE("detectors of logits and of densities have the golden scores on the golden LeNet") {
  const auto one = golden_case();
  if (!one) return;
  check_scores(*one, "msp", "msp", rest, "tolerance_strict");
  check_scores(*one, "msp", "log_msp", log_rest, "tolerance_strict");
  check_scores(*one, "odin", "odin", rest, "tolerance_strict");
  check_scores(*one, "mahalanobis", "mahalanobis", negative, "tolerance_strict");
  for (const std::string h : {"0.26", "1", "3.7926"}) {
    check_scores(*one, "kde:layer=relu4,bandwidth=" + h, "kde_" + h, negative, "tolerance_strict");
  }
}

TEST_CASE("one-class SVMs have the golden scores on the golden LeNet, by class and for all") {
  const auto one = golden_case();
  if (!one) return;
  const std::pair<const char*, const char*> gaps[] = {{"0.001", "tolerance_libsvm_default"},
                                                      {"1e-06", "tolerance_strict"}};
  for (const auto& [gap, which] : gaps) {
    const std::string tolerance = std::string(",tolerance=") + gap;
    for (const std::string layer : {"conv1", "relu1", "logits"}) {
      check_scores(*one, "one-class:layers=" + layer + tolerance, "svdd_" + layer, negative, which);
      if (layer == "logits") continue;
      check_scores(*one, "one-class:classes=all,nu=0.001,layers=" + layer + tolerance, "elo_" + layer, negative, which);
      check_scores(*one, "one-class:layers=" + layer + "+logits" + tolerance, "ours_train_" + layer, rest, which);
    }
  }
}

/// The parts of in-distribution and anomalous inputs, normalised by both together and averaged.
MixedScores transductive(const Detector& detector, const Inputs& test, const Inputs& anomalous) {
  const Scores in = detector.score(test, 1), out = detector.score(anomalous, 1);
  const auto test_classes = numbers_of<std::int64_t>(test.predicted()),
             classes = numbers_of<std::int64_t>(anomalous.predicted());
  MixedScores sum{std::vector<double>(test_classes.size()), std::vector<double>(classes.size())};
  for (const char* part : {"mdl", "logits"}) {
    const MixedScores one = transductive_scores({in.parts.at(part), test_classes}, {out.parts.at(part), classes});
    for (std::size_t i = 0; i < test_classes.size(); ++i) sum.in_distribution[i] += one.in_distribution[i] / 2;
    for (std::size_t i = 0; i < classes.size(); ++i) sum.anomalous[i] += one.anomalous[i] / 2;
  }
  return sum;
}

TEST_CASE("transductive scores are concluded from the parts, however they were normalised") {
  const auto one = golden_case();
  if (!one) return;
  for (const std::string normalisation : {"train", "none"}) {
    for (const std::string layer : {"conv1", "relu1"}) {
      const auto detector =
          fitted("one-class:layers=" + layer + "+logits,tolerance=1e-6,normalisation=" + normalisation, *one->train);
      for (const char* kind : kKinds) {
        const MixedScores found = transductive(*detector, one->set("test"), one->set(kind));
        const std::string name = "ours_transductive_" + layer;
        one->check(kind, name, changed(found.anomalous, rest), "tolerance_strict");
        one->check(kind, name + "_test", changed(found.in_distribution, rest), "tolerance_strict");
      }
    }
  }
}

/// The golden dimensions of one layer of a set.
std::vector<double> dimensions(const Case& one, const std::string& kind, std::size_t layer, std::size_t first,
                               std::size_t count) {
  const Matrix<double> all = one.golden.matrix("i_" + kind + "_expected.npz:lid_k20");
  std::vector<double> result;
  for (std::size_t i = first; i < first + count; ++i) result.push_back(all(i, layer));
  return result;
}

TEST_CASE("local intrinsic dimensions are the golden ones on every layer of the golden LeNet") {
  const auto one = golden_case();
  if (!one) return;
  const char* const layers[] = {"input", "relu1", "pool1", "relu2", "pool2", "relu3", "relu4", "logits"};
  const Inputs& test = one->set("test");
  const auto part = [&](std::int64_t begin) {
    return Inputs(*one->classifier, test.images().slice(0, begin, begin + 100));
  };
  const Inputs first = part(0), second = part(100);
  const double tolerance = one->tolerance("lid_k20", "tolerance_strict");
  for (std::size_t layer = 0; layer < 8; ++layer) {
    INFO(layers[layer]);
    const auto of = [&](const Inputs& reference, const Inputs& scored) {
      return fitted(std::string("lid:layers=") + layers[layer], reference)->score(scored, 2).values;
    };
    CHECK(largest_difference(of(first, first), dimensions(*one, "test", layer, 0, 100)) <= tolerance);
    CHECK(largest_difference(of(second, second), dimensions(*one, "test", layer, 100, 100)) <= tolerance);
    for (const char* kind : kKinds) {
      CHECK(largest_difference(of(first, one->set(kind)), dimensions(*one, kind, layer, 0, 50)) <= tolerance);
    }
  }
}

/// TNR and AUROC as the golden file has them, which a solver's gap may move a little.
void check_metrics(const Json& expected, double tnr, double auroc) {
  CHECK(std::abs(tnr - expected.at("TNR").get<double>()) <= 1.0 / 50 + 1e-12);
  CHECK(std::abs(auroc - expected.at("AUROC").get<double>()) <= 0.005);
}

TEST_CASE("detection metrics of the golden LeNet are the golden ones") {
  const auto one = golden_case();
  if (!one) return;
  const std::map<std::string, std::string> specs{{"msp", "msp"},
                                                 {"odin", "odin"},
                                                 {"mahalanobis", "mahalanobis"},
                                                 {"elo_conv1", "one-class:classes=all,nu=0.001,layers=conv1"},
                                                 {"elo_relu1", "one-class:classes=all,nu=0.001,layers=relu1"},
                                                 {"ours_train_conv1", "one-class:layers=conv1+logits"},
                                                 {"ours_train_relu1", "one-class:layers=relu1+logits"}};
  const Inputs& test = one->set("test");
  const auto classes = [](const Inputs& inputs) { return numbers_of<std::int64_t>(inputs.predicted()); };
  for (const auto& [name, spec] : specs) {
    const auto detector = fitted(spec, *one->train);
    for (const std::string kind : kKinds) {
      INFO(name << ", " << kind);
      const Json& expected = one->expected.at("info").at("metrics_" + kind);
      const Inputs& anomalous = one->set(kind);
      const std::vector<double> in = detector->score(test, 1).values, out = detector->score(anomalous, 1).values;
      if (!detector->within_class()) {
        const DetectionMetrics found = detection_metrics(in, out);
        check_metrics(expected.at(name), found.tnr(), found.auroc);
        continue;
      }
      const ClasswiseMetrics found = classwise_metrics({in, classes(test)}, {out, classes(anomalous)});
      check_metrics(expected.at(name), found.tnr, found.auroc);
      const MixedScores mixed = transductive(*detector, test, anomalous);
      const ClasswiseMetrics literal =
          classwise_metrics({mixed.in_distribution, classes(test)}, {mixed.anomalous, classes(anomalous)});
      check_metrics(expected.at("ours_transductive" + name.substr(name.rfind('_'))), literal.tnr, literal.auroc);
    }
  }
}

}  // namespace
}  // namespace deepmine
