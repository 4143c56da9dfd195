#include <catch2/catch.hpp>

#include "experiments/deep_mining_cells.h"
#include "experiments/deep_mining_options.h"
#include "framework/evaluate/detection_power.h"
#include "framework/run/result_store.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

/// A store with one run whose cells have chosen detection powers, precisions and recalls.
class MadeUpRun {
 public:
  MadeUpRun() : store_(ResultStore::open(folder_ / "s.sqlite")), run_(begin()) {
    run_.write_unit("clean", [&](UnitWriter& writer) {
      const auto clean = writer.input_set({"clean", "clean"});
      for (const ScoreCell& cell :
           {ScoreCell{"subset-scan", "conv", {}, "null", 0.0, 500, 0}, ScoreCell{"subset-scan", "conv"}}) {
        const auto id = writer.cell(clean, cell);
        for (int i = 0; i < 100; ++i) writer.add(id, score_row(i, 100 + i, 0, 0));
      }
    });
  }

  void group(const std::string& target, int percent, double auroc, double precision,
             double recall = 0.9) {
    const auto found = std::lround(recall * 5 * percent);
    write(target, {"subset-scan", "conv", {}, "mixed", percent / 100.0, 500, 5 * percent}, auroc,
          std::lround(static_cast<double>(found) / precision), found);
  }
  void alone(const std::string& target, double auroc) {
    write(target, {"subset-scan", "conv"}, auroc, 1, 1);
  }
  std::map<std::string, bool> checks() {
    std::map<std::string, bool> result;
    for (const auto& check : cells().shape_checks()) {
      result[check.name.substr(0, check.name.find('.'))] = check.passed;
    }
    return result;
  }
  DeepMiningCells cells() {
    write_detection_power(run_, store_.database(), Seed(1));
    return {store_.database(), run_.uid()};
  }

 private:
  static ScanRow score_row(int item, double score, std::int64_t selected, std::int64_t anomalous) {
    ScanRow row;
    row.item = item;
    row.score = score;
    row.n_selected = selected;
    row.n_selected_anomalous = anomalous;
    return row;
  }
  Run begin() {
    RunKey key{"deep-mining", "made-up", {{"dataset", "cifar10"}}, 1, {}, "v"};
    return store_.begin_run(key, Provenance{}, 1);
  }
  /// 100 scores that beat `auroc` of the clean ones, 100 to 199.
  void write(const std::string& target, const ScoreCell& cell, double auroc, std::int64_t selected,
             std::int64_t anomalous) {
    run_.write_unit(std::to_string(++units_), [&](UnitWriter& writer) {
      const auto id = writer.cell(writer.input_set({"bim / " + target, "adversarial", {}, "bim", target}), cell);
      for (int i = 0; i < 100; ++i) {
        writer.add(id, score_row(i, 99.5 + 100 * auroc, selected, anomalous));
      }
    });
  }

  TemporaryFolder folder_;
  ResultStore store_;
  Run run_;
  int units_ = 0;
};

/// Three targets and All that do all that the paper's do.
void fill(MadeUpRun& run) {
  for (const std::string target : {"0", "1", "2", "All"}) {
    const double lower = target == "All" ? 0.3 : 0;
    int step = 0;
    for (const int percent : {6, 8, 10, 12, 14}) {
      run.group(target, percent, std::min(1.0, 0.6 + 0.12 * step) - lower, 0.1 + 0.03 * step);
      ++step;
    }
    if (target != "All") run.alone(target, 0.7);
  }
}

TEST_CASE("cells that behave as the paper's pass every shape check") {
  MadeUpRun run;
  fill(run);
  const auto checks = run.checks();
  CHECK(checks.size() == 7);
  for (const auto& [name, passed] : checks) {
    INFO(name);
    CHECK(passed);
  }
}

TEST_CASE("each shape check fails where its rule is broken") {
  const auto broken = [](const std::string& check, auto change) {
    MadeUpRun run;
    change(run);
    INFO(check);
    const auto checks = run.checks();
    REQUIRE(checks.count(check) == 1);
    CHECK_FALSE(checks.at(check));
  };
  const auto one_target = [](MadeUpRun& run, std::vector<double> aurocs, std::vector<double> precisions) {
    int percent = 6;
    for (std::size_t i = 0; i < aurocs.size(); ++i, percent += 2) {
      run.group("0", percent, aurocs[i], precisions[i]);
    }
    run.alone("0", 0.7);
  };
  const std::vector<double> good{0.6, 0.7, 0.9, 0.96, 1}, precise{0.1, 0.12, 0.14, 0.16, 0.18};
  broken("1a", [&](MadeUpRun& run) { one_target(run, {0.6, 0.5, 0.9, 0.96, 1}, precise); });
  broken("1b", [&](MadeUpRun& run) { one_target(run, {0.6, 0.7, 0.9, 0.94, 1}, precise); });
  broken("1c", [&](MadeUpRun& run) { one_target(run, {0.6, 0.7, 0.9, 0.94, 0.94}, precise); });
  broken("2", [&](MadeUpRun& run) { one_target(run, {0.6, 0.65, 0.7, 0.96, 1}, precise); });
  broken("3", [&](MadeUpRun& run) {
    one_target(run, good, precise);
    run.group("All", 6, 0.61, 0.1);
  });
  broken("4a", [&](MadeUpRun& run) { one_target(run, good, {0.1, 0.12, 0.11, 0.16, 0.18}); });
  broken("4b", [&](MadeUpRun& run) { run.group("0", 10, 0.9, 0.3, 0.6); });
  broken("4b", [&](MadeUpRun& run) { run.group("0", 10, 0.9, 0.9, 0.8); });
}

TEST_CASE("published cells stand beside ours, and a cell that was not measured is empty") {
  MadeUpRun run;
  fill(run);
  const DeepMiningCells cells = run.cells();
  CHECK(cells.at("1", "10", "auroc").ours.value() == Approx(0.84));
  CHECK(cells.at("1", "10", "auroc").published.value() == Approx(0.963));
  CHECK_FALSE(cells.at("5", "10", "auroc").ours.has_value());
}

TEST_CASE("options that contradict each other are refused") {
  const auto complaint = [](auto change) {
    DeepMiningOptions options;
    change(options);
    return error_text([&] { options.check(); });
  };
  CHECK_THAT(complaint([](auto& o) { o.anomalous_percent = "6,6.5"; }), Catch::Contains("whole percents"));
  CHECK_THAT(complaint([](auto& o) { o.anomalous_percent = "6,7"; o.size = 20; }), Catch::Contains("differ"));
  CHECK_THAT(complaint([](auto& o) { o.anomalous_percent = "100"; }), Catch::Contains("clean and anomalous"));
  CHECK_THAT(complaint([](auto& o) { o.size = 2000; }), Catch::Contains("at most 1000"));
  CHECK_THAT(complaint([](auto& o) { o.targets = "0,x"; }), Catch::Contains("targets"));
  CHECK_NOTHROW(DeepMiningOptions{}.check());
}

}  // namespace
}  // namespace deepmine
