#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <memory>

#include "experiments/odin_checks.h"
#include "experiments/odin_options.h"
#include "experiments/odin_table.h"
#include "framework/run/result_store.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOdin = "odin:epsilon=0.0014,temperature=1000,units=pixels";
constexpr const char* kNetwork = "densenet:channels=3,classes=10,compression=0.5,depth=100,growth=12,"
                                 "mean=[0.4913725490196078,0.4823529411764706,0.4466666666666667],size=32,"
                                 "std=[0.24705882352941178,0.24352941176470588,0.2615686274509804]";

/// A run whose metrics are chosen.
class MadeUpRun {
 public:
  explicit MadeUpRun(const std::string& detector = kOdin, const std::map<std::string, std::string>& other = {},
                     const std::string& network = kNetwork)
      : store_(ResultStore::open(folder_ / "s.sqlite")), detector_(detector), run_(begin(other)) {
    run_.write_unit("inputs", [&](UnitWriter& writer) {
      writer.add(ModelRow{"m", network, "unknown", {}, "unknown"});
      InputSetRow clean{"cifar10", "clean", "cifar10"};
      for (int i = 0; i < 10000; ++i) clean.inputs.push_back({i, 0, i < 9523 ? 0 : 1});
      writer.input_set(clean);
    });
  }

  void measure(const std::string& set, double auroc, double fpr95) {
    metrics_.push_back({set, auroc, fpr95});
  }
  /// What became of the checks by their numbers: "1" against the published values, "2" against another program's, "3".
  std::map<std::string, bool> checks() {
    run_.write_unit("detection metrics", [&](UnitWriter& writer) {
      for (const auto& [set, auroc, fpr95] : metrics_) {
        const std::int64_t cell = writer.cell(writer.input_set({set, "ood", set}), {detector_});
        writer.add(cell, DetectionRow{"auroc", auroc});
        writer.add(cell, DetectionRow{"fpr95", fpr95});
      }
    });
    conclude_odin(run_, store_.database(), 1);
    std::map<std::string, bool> found;
    Statement rows = store_.database().prepare("SELECT substr(name, 1, 1), passed FROM shape_check");
    while (rows.step()) found[rows.text(0)] = rows.integer(1) == 1;
    return found;
  }
  double number(const std::string& sql) {
    Statement row = store_.database().prepare(sql);
    REQUIRE(row.step());
    return row.optional_real(0).value_or(-1);
  }
  std::string main_table() { return odin_tables(store_.database(), {run_.uid()}).front().markdown(); }

 private:
  struct Metrics {
    std::string set;
    double auroc, fpr95;
  };

  Run begin(const std::map<std::string, std::string>& other) {
    std::map<std::string, std::string> parameters{
        {"dataset", "cifar10"}, {"skip", "1000"}, {"whole", "svhn"}, {"ood", "isun+svhn"}, {"detector", detector_}};
    for (const auto& [key, value] : other) parameters[key] = value;
    return store_.begin_run({"odin", "made-up", parameters, 1, {{"model", "m"}}, "v"}, Provenance{}, 1);
  }

  TemporaryFolder folder_;
  ResultStore store_;
  std::string detector_;
  Run run_;
  std::vector<Metrics> metrics_;
};

using Found = std::map<std::string, bool>;

TEST_CASE("odin's checks hold AUROC and FPR95 to their tolerances, with the network, images and options of the table") {
  MadeUpRun near;
  near.measure("isun", 0.9879 + 0.0009, 0.0613 - 0.0029);
  CHECK(near.checks() == Found{{"1", true}, {"2", true}, {"3", true}});
  CHECK(near.number("SELECT difference_measured FROM odin_table WHERE metric = 'auroc'") == Approx(0.0009));
  CHECK(near.number("SELECT published FROM odin_table WHERE metric = 'fpr95'") == 0.063);
  CHECK(near.number("SELECT count(*) FROM comparison") == 4);

  MadeUpRun far;
  far.measure("isun", 0.9879 + 0.0011, 0.0613);
  CHECK(far.checks() == Found{{"1", true}, {"2", false}, {"3", true}});

  MadeUpRun farther;
  farther.measure("isun", 0.9879, 0.063 + 0.021);
  CHECK(farther.checks() == Found{{"1", false}, {"2", false}, {"3", true}});

  MadeUpRun other_program("msp");
  other_program.measure("svhn", 0.899, 0.602);
  CHECK(other_program.checks() == Found{{"2", true}, {"3", true}});  // the authors have no such cell
}

TEST_CASE("odin is set beside no published value with another network, other images or other options") {
  const std::string shallow = std::string(kNetwork).replace(std::string(kNetwork).find("depth=100"), 9, "depth=40");
  using Parameters = std::map<std::string, std::string>;
  std::vector<std::unique_ptr<MadeUpRun>> runs;
  runs.push_back(std::make_unique<MadeUpRun>("odin:epsilon=0.002,temperature=1000,units=pixels"));
  runs.push_back(std::make_unique<MadeUpRun>("mahalanobis:layer=logits"));
  runs.push_back(std::make_unique<MadeUpRun>(kOdin, Parameters{{"skip", "0"}}));
  const std::string darker = std::string(kNetwork).replace(std::string(kNetwork).find("mean=[0.49"), 10, "mean=[0.40");
  for (const std::string& network : {shallow, darker}) {
    runs.push_back(std::make_unique<MadeUpRun>(kOdin, Parameters{}, network));
  }
  for (const auto& run : runs) {
    run->measure("isun", 0.5, 0.5);
    CHECK(run->checks().empty());
    CHECK(run->number("SELECT count(published) + count(measured) FROM odin_table") == 0);
    CHECK(run->number("SELECT count(ours) FROM odin_table") == 2);
    CHECK_THAT(run->main_table(), Catch::Contains("| isun |") && !Catch::Contains("published FPR95"));
  }
}

TEST_CASE("odin's table has the sets in the order of the options, in per cent") {
  MadeUpRun run("msp");
  run.measure("svhn", 0.9, 0.6);
  run.measure("isun", 0.95, 0.4);
  run.checks();
  const std::string table = run.main_table();
  CHECK(table.find("| isun") < table.find("| svhn"));
  CHECK_THAT(table, Catch::Contains("40.00") && Catch::Contains("37.20") && Catch::Contains("94.64") &&
                        Catch::Contains("accuracy 0.9523"));
}

TEST_CASE("odin's options are written out") {
  OdinOptions options;
  options.ood = "isun+gaussian:n=10";
  const auto canonical = options.canonical();
  CHECK(canonical.at("ood") == "isun+gaussian:mean=0.5,n=10,sd=1,seed=1,shape=3x32x32");
  CHECK(canonical.count("model") == 0);
  CHECK(options.ood_sets().size() == 2);
  options.ood = canonical.at("ood");
  CHECK(options.canonical() == canonical);
}

TEST_CASE("the reference of odin is within the tolerances of the published table, all four sets") {
  const fs::path file = DEEPMINE_SOURCE_DIR "/results/reference/odin.sqlite";
  if (!fs::exists(file)) { WARN("SKIPPED: no results/reference/odin.sqlite"); return; }
  ResultStore store = ResultStore::open_read_only(file);
  const auto number = [&](const std::string& sql) { return store.database().integer(sql); };
  CHECK(number("SELECT count(published) FROM odin_table") == 12);
  CHECK(number("SELECT count(measured) FROM odin_table") == 14);
  CHECK(number("SELECT count(*) FROM odin_table WHERE metric IN ('auroc', 'fpr95')") == 16);
  CHECK(number("SELECT count(*) FROM odin_table WHERE abs(difference) > iif(metric = 'auroc', 0.003, 0.02) + 1e-9") ==
        0);
  CHECK(number("SELECT count(*) FROM odin_table WHERE abs(difference_measured) > iif(metric = 'auroc', 0.001, 0.003) + "
               "1e-9") == 0);
  CHECK(number("SELECT count(*) FROM shape_check WHERE NOT passed") == 0);
}

}  // namespace
}  // namespace deepmine
