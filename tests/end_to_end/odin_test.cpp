// The experiment odin on made-up images, and noise as what the network never saw.
#include "tests/end_to_end/bright_halves.h"

namespace deepmine {
namespace {

/// Noise is in two units of 1000 images at most.
BrightHalves odin_images() {
  return BrightHalves(
      "odin", {"ood=uniform:n=1300,shape=1x8x8+gaussian:n=40,shape=1x8x8", "detector=msp;odin:epsilon=0.05;mahalanobis",
               "skip=0", "fit=" + std::to_string(2 * kTraining)});
}

void check_equal(const std::vector<double>& found, const Json& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i].get<double>()).epsilon(1e-12));
}

TEST_CASE("odin stores the scores that detect gives the same images, and what is known of each") {
  const BrightHalves images = odin_images();
  measured(images.run("s.sqlite"));
  const std::string store = images.file("s.sqlite");
  const auto detected = [&](const std::string& spec, const Words& more = {}) {
    Words words{"detect", spec, "--quiet", "--json", "--model", images.model(), "--images", images.array("test")};
    words.insert(words.end(), more.begin(), more.end());
    return json_of(deepmine_run(words))["scores"];
  };
  check_equal(scores(store, "msp", "image-folder"), detected("msp"));
  check_equal(scores(store, "odin", "image-folder"), detected("odin:epsilon=0.05"));
  check_equal(scores(store, "mahalanobis", "image-folder"),
              detected("mahalanobis", {"--train", images.array("train"), "--train-labels", images.labels("train")}));
  CHECK(
      rows_of(
          store,
          "SELECT DISTINCT set_kind, min(label), max(label), avg(predicted = label), count(*), min(source), max(source)"
          " FROM input_score WHERE detector = 'odin' GROUP BY input_set ORDER BY set_kind, count(*)") ==
      std::vector<std::string>{"clean|0|1|1.0|26|0|25|", "noise|null|null|null|40|0|39|",
                               "noise|null|null|null|1300|0|1299|"});
  CHECK(rows_of(store, "SELECT DISTINCT name, n FROM input_set WHERE name LIKE 'uniform%'")[0].find("|1300|") !=
        std::string::npos);
  // What is skipped is not scored, and the others are scored alike.
  measured(images.run("skipped.sqlite", {"skip=7"}));
  for (const char* set : {"image-folder", "gaussian"}) {
    std::vector<double> all = scores(store, "odin", set);
    all.erase(all.begin(), all.begin() + 7);
    CHECK(scores(images.file("skipped.sqlite"), "odin", set) == all);
  }
}

/// By their definitions; higher scores are more anomalous.
struct PlainMetrics {
  double auroc = 0, fpr95, detection_error, best_accuracy = 0, aupr_in = 0, aupr_out = 0;

  PlainMetrics(std::vector<double> in, const std::vector<double>& out) {
    const auto share = [](const std::vector<double>& of, auto holds) {
      return static_cast<double>(std::count_if(of.begin(), of.end(), holds)) / static_cast<double>(of.size());
    };
    const auto at_most = [&](double t) { return [t](double score) { return score <= t; }; };
    const auto at_least = [&](double t) { return [t](double score) { return score >= t; }; };
    std::sort(in.begin(), in.end());
    const double threshold = in[static_cast<std::size_t>(0.95 * static_cast<double>(in.size())) - 1];
    fpr95 = share(out, at_most(threshold));
    detection_error = (1 - share(in, at_most(threshold)) + fpr95) / 2;
    std::vector<double> all = in;
    all.insert(all.end(), out.begin(), out.end());
    for (const double t : all)
      best_accuracy = std::max(best_accuracy, (share(in, at_most(t)) + 1 - share(out, at_most(t))) / 2);
    const auto n_in = static_cast<double>(in.size()), n_out = static_cast<double>(out.size());
    for (const double a : out) {
      for (const double b : in) auroc += (a > b ? 1 : a == b ? 0.5 : 0) / (n_in * n_out);
      aupr_out += share(out, at_least(a)) * n_out / (share(all, at_least(a)) * (n_in + n_out)) / n_out;
    }
    for (const double b : in)
      aupr_in += share(in, at_most(b)) * n_in / (share(all, at_most(b)) * (n_in + n_out)) / n_in;
  }
};

TEST_CASE("odin's metrics are those that plain loops over the stored scores give") {
  const BrightHalves images = odin_images();
  measured(images.run("s.sqlite"));
  const std::string store = images.file("s.sqlite");
  for (const std::string detector : {"msp", "odin", "mahalanobis"}) {
    for (const std::string set : {"uniform", "gaussian"}) {
      CAPTURE(detector, set);
      const PlainMetrics plain(scores(store, detector, "image-folder"), scores(store, detector, set));
      const auto value = [&](const std::string& metric) {
        const auto rows = rows_of(
            store, fmt::format("SELECT printf('%!.17g', value) FROM metric WHERE detector = '{}' AND metric = '{}'"
                               " AND input_set LIKE '{}%'",
                               detector, metric, set));
        REQUIRE(rows.size() == 1);
        return Approx(std::stod(rows[0])).margin(1e-12);
      };
      CHECK(plain.auroc == value("auroc"));
      CHECK(plain.fpr95 == value("fpr95"));
      CHECK(plain.detection_error == value("detection-error"));
      CHECK(plain.best_accuracy == value("best-accuracy"));
      CHECK(plain.aupr_in == value("aupr-in"));
      CHECK(plain.aupr_out == value("aupr-out"));
    }
  }
}

TEST_CASE("odin gives the same rows with any number of threads, and when it is killed again and again") {
  const BrightHalves images = odin_images();
  const Finished whole = measured(images.run("one.sqlite", {}, {"--threads", "1"}));
  const auto rows = results(images.file("one.sqlite"));
  CHECK(rows.size() > 3 * 2 * (2 * kTest + 1340));
  measured(images.run("two.sqlite", {}, {"--threads", "2"}));
  CHECK(results(images.file("two.sqlite")) == rows);
  kill_after_units(images.run("killed.sqlite"), images.file("killed.sqlite"), {1, 3, 4, 9, 16});
  CHECK(measured(images.run("killed.sqlite")).out == whole.out);
  CHECK(results(images.file("killed.sqlite")) == rows);
  CHECK(deepmine_run(
            {"table", "odin", "--store", images.file("killed.sqlite"), "--run",
             rows_of(images.file("killed.sqlite"), "SELECT uid FROM run ORDER BY finished LIMIT 1")[0].substr(0, 16)})
            .code == 0);
}

TEST_CASE("odin's table shows a profile's detectors together, those that learn among them") {
  const BrightHalves images = odin_images();
  const std::string detectors = "detector=msp;odin:temperature=1000,epsilon=0.0014;mahalanobis";
  const Finished run = measured(images.run("s.sqlite", {detectors}, {"--profile", "quick"}));
  CHECK(run.out.find("| mahalanobis |") != std::string::npos);
  CHECK(deepmine_run({"table", "odin", "--profile", "quick", "--store", images.file("s.sqlite")}).out == run.out);
}

TEST_CASE("how many images are learnt from is nothing to detectors that do not learn") {
  const BrightHalves images = odin_images();
  for (const char* fit : {"fit=48", "fit=40"}) measured(images.run("s.sqlite", {fit}));
  CHECK(rows_of(images.file("s.sqlite"),
                "SELECT o.value, count(*), count(f.value) FROM run_option AS o LEFT JOIN param AS f ON f.run = o.run "
                "AND f.key = 'fit' WHERE o.key = 'detector.name' GROUP BY 1 ORDER BY 1") ==
        std::vector<std::string>{"mahalanobis|2|2|", "msp|1|0|", "odin|1|0|"});
}

TEST_CASE("odin's sets may be scored in parts by workers, whose stores make the table of one process") {
  const BrightHalves images = odin_images();
  const Finished whole = measured(images.run("one.sqlite"));
  measured_by_workers(images, "odin", "all.sqlite", "odin.plan", 3);
  for (int i = 0; i < 2; ++i) {  // merging twice changes nothing
    const Finished merged = deepmine_run({"merge", "--quiet", "--plan", images.file("odin.plan")});
    INFO(merged.err);
    CHECK(merged.code == 0);
    CHECK(merged.out == whole.out);
    CHECK(results(images.file("all.sqlite")) == results(images.file("one.sqlite")));
  }
}

TEST_CASE("what a user of odin mistypes is answered in one line") {
  const BrightHalves images = odin_images();
  const auto with = [&](const std::string& setting) { return images.run("s.sqlite", {setting}); };
  check_refusals({{{"run", "odin", "--store", images.file("s.sqlite")}, "facebookresearch/odin"},
                  {with("model="), "--set model=densenet:depth=100"},
                  {with("ood=isum"), "lsun-resize"},
                  {with("ood="), "one dataset or more"},
                  {with("ood=uniform:shape=1x8x8+uniform:shape=1x8x8"), "each once"},
                  {with("ood=image-folder:classes=true,dir=" + images.file("in")), "other datasets"},
                  {with("ood=uniform:n=9,shape=1x8x8,sede=3"), "seed"},
                  {with("detector=odn"), "mahalanobis"},
                  {with("detector=subset-scan"), "single inputs"},
                  {with("detector=odin:epsilon=0.1,units=normalised"), "option std"},
                  {with("detector=mahalanobis:layer=none"), "unknown layer"},
                  {with("skip=30"), "skip: expected fewer than the 26 test images"},
                  {images.run("s.sqlite", {"fit=49", "detector=mahalanobis"}), "fit: expected at most 48"},
                  {with("model=none.pt"), "none.pt"},
                  {{"table", "odin", "--store", images.file("none.sqlite")}, "none.sqlite"}});
}

}  // namespace
}  // namespace deepmine
