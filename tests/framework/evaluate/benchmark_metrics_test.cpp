#include "framework/evaluate/benchmark_metrics.h"

#include <catch2/catch.hpp>
#include <optional>

#include "framework/detect/detector.h"
#include "framework/run/result_store.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

/// What is known of one made-up image.
struct Image {
  std::int64_t predicted;
  double mdl, logits;
  std::optional<bool> success = {};
};

constexpr const char* kByClass = "one-class:layers=conv1+logits";
constexpr const char* kOneThreshold = "one-class:classes=all,layers=conv1+logits";

/// A run with clean images and one other set.
class MadeUpRun {
 public:
  MadeUpRun(const std::string& detector, const std::vector<Image>& clean, const std::vector<Image>& other)
      : store_(ResultStore::open(folder_ / "s.sqlite")),
        run_(store_.begin_run({"made-up", "quick", {{"detector", detector}}, 1, {}, "v"}, Provenance{}, 1)) {
    const std::string canonical = Registry<Detector>::instance().canonical(Spec::parse(detector));
    const bool adversarial = other.front().success.has_value();
    run_.write_unit("scores", [&](UnitWriter& writer) {
      InputSetRow set{"other", adversarial ? "adversarial" : "ood", "other"};
      if (adversarial) set.attack = "fgsm";
      add(writer, canonical, {"clean", "clean", "clean"}, clean);
      add(writer, canonical, set, other);
    });
    write_benchmark_metrics(run_, store_.database(), Seed(1));
  }

  double value(const std::string& part, const std::string& metric) {
    Statement row =
        store_.database().prepare("SELECT value FROM metric WHERE part = ?1 AND metric = ?2 AND input_set = 'other'");
    row.bind(part, metric);
    return row.step() ? row.real(0) : -1;
  }

 private:
  static void add(UnitWriter& writer, const std::string& detector, InputSetRow set, const std::vector<Image>& images) {
    std::map<std::string, std::vector<double>> parts;
    for (const Image& image : images) {
      set.inputs.push_back({{}, {}, image.predicted, image.success});
      parts["mdl"].push_back(image.mdl);
      parts["logits"].push_back(image.logits);
      parts[""].push_back((image.mdl + image.logits) / 2);
    }
    const std::int64_t number = writer.input_set(set);
    for (const auto& [part, scores] : parts) writer.add_scores(writer.cell(number, {detector, "", part}), scores);
  }

  TemporaryFolder folder_;
  ResultStore store_;
  Run run_;
};

// Class 0 has clean sums 1, 2, 3, 4 and so, as 95 % of 4 are 3, the threshold 3; class 1 has 10, 20 and the
// threshold 10.
const std::vector<Image> kClean{{0, 1, 1}, {0, 2, 2}, {0, 3, 3}, {0, 4, 4}, {1, 10, 10}, {1, 20, 20}};

TEST_CASE("class-wise metrics have a threshold for each predicted class, and weigh AUROC by inputs of both kinds") {
  // Of class 0 sums 3.5 and 2.5, one is told; of class 1 sums 15 and 30, both are; of class 2, which no clean image
  // has, 7.
  const std::vector<Image> other{{0, 3.5, 3.5}, {0, 2.5, 2.5}, {1, 15, 15}, {1, 30, 30}, {2, 7, 7}};
  MadeUpRun run(kByClass, kClean, other);
  CHECK(run.value("", "tnr95") == Approx(3.0 / 4));
  // Class 0: 3.5 beats 3 of 4, 2.5 beats 2 of 4, of 6 inputs; class 1: 15 beats one of two, 30 both, of 4 inputs.
  const double first = 5.0 / 8, second = 3.0 / 4;
  CHECK(run.value("", "mean-auroc") == Approx((6 * first + 4 * second) / 10));
  CHECK(run.value("", "tnr95 successful") == -1);
}

TEST_CASE("a detector of one threshold has it over all classes") {
  // Of 6 clean sums 95 % are 5: the threshold is 10.
  MadeUpRun run(kOneThreshold, kClean, {{0, 3.5, 3.5}, {1, 15, 15}, {2, 30, 30}});
  CHECK(run.value("", "tnr95") == Approx(2.0 / 3));
  CHECK(run.value("", "mean-auroc") == Approx((3 + 5 + 6) / 18.0));
}

TEST_CASE("held-out thresholds are those of clean images at even places, and judge those at odd ones") {
  // Even places: class 0 has 1 and 3, threshold 1; class 1 has 10. Odd: 2, 4 and 20.
  MadeUpRun run(kByClass, kClean, {{0, 2.5, 2.5}, {0, 0.5, 0.5}, {1, 15, 15}});
  CHECK(run.value("", "tnr95 held-out") == Approx(2.0 / 3));
  CHECK(run.value("", "mean-auroc held-out") == Approx((4 * 0.25 + 2 * 0) / 6));
}

TEST_CASE("failed attacks count unless only successful ones are asked for") {
  MadeUpRun run(kByClass, kClean, {{0, 9, 9, true}, {0, 1, 1, false}, {0, 2, 2, false}, {1, 30, 30, true}});
  CHECK(run.value("", "tnr95") == Approx(2.0 / 4));
  CHECK(run.value("", "tnr95 successful") == 1);
  CHECK(run.value("", "mean-auroc successful") == 1);
  CHECK(run.value("", "tnr95 successful held-out") == 1);
}

TEST_CASE("the weight of the logits goes from the layer alone to the logits alone") {
  // The layer tells nothing, the logits all.
  const std::vector<Image> clean{{0, 1, 1}, {0, 2, 2}, {0, 3, 3}, {0, 4, 4}}, other{{0, 0.5, 5}, {0, 0.5, 6}};
  MadeUpRun run(kByClass, clean, other);
  CHECK(run.value("beta 0", "tnr95") == 0);
  CHECK(run.value("beta 1", "tnr95") == 1);
  CHECK(run.value("mdl", "tnr95") == 0);
  CHECK(run.value("logits", "mean-auroc") == 1);
  CHECK(run.value("beta 0.5", "tnr95") == run.value("", "tnr95"));
  CHECK(run.value("beta 0.5", "mean-auroc") == Approx(run.value("", "mean-auroc")));
}

TEST_CASE("transductive scores are each part's in the range of the class's images under test") {
  // The layer's range is 0 to 10, the logits' 1 to 5: clean sums (0.1 + 0, 0.2 + 0.25, 0.3 + 0.5) / 2, others (1 +
  // 0.25, 0 + 1) / 2.
  const std::vector<Image> clean{{0, 1, 1}, {0, 2, 2}, {0, 3, 3}}, other{{0, 10, 2}, {0, 0, 5}};
  MadeUpRun run(kByClass, clean, other);
  CHECK(run.value("transductive", "mean-auroc") == 1);
  CHECK(run.value("transductive", "tnr95") == 1);
  CHECK(run.value("transductive beta 0", "mean-auroc") == 0.5);
  CHECK(run.value("transductive beta 0.5", "mean-auroc") == run.value("transductive", "mean-auroc"));
  CHECK(run.value("transductive beta 1", "mean-auroc") == Approx((1.5 + 3) / 6));
}

}  // namespace
}  // namespace deepmine
