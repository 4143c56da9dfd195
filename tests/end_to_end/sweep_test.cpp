#include "tests/end_to_end/store_rows.h"

namespace deepmine {
namespace {

/// A tiny deep-mining with swept options.
Words words(const fs::path& folder, const Words& more) {
  Words result{"run", "deep-mining", "--profile", "quick", "--quiet", "--store", (folder / "s.sqlite").string()};
  for (const std::string& setting :
       {std::string("model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz"),
        std::string("detector=subset-scan"), std::string("background=300"), std::string("evaluation=120"),
        std::string("size=60"), std::string("replicates=4"), std::string("targets=3"), std::string("all-targets=false"),
        std::string("attack=bim:epsilon=0.1,step=0.02,steps=6")}) {
    result.insert(result.end(), {"--set", setting});
  }
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

TEST_CASE("a sweep measures each value once and shows all in one table and one figure") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Words sweep = words(
      folder.path(), {"--sweep", "alpha-max=0.1,0.5", "--sweep", "detector.tails=upper,both", "--format", "json"});
  const Json table = json_of(measured(sweep));
  REQUIRE(table["rows"].size() == 4);
  CHECK(table["columns"][0] == "alpha-max");
  CHECK(table["columns"][1] == "detector.tails");
  const Json& last = table["rows"][3];
  CHECK((last["alpha-max"] == "0.5" && last["detector.tails"] == "both"));
  const std::string detector =
      rows_of(folder / "s.sqlite",
              "SELECT value FROM param WHERE key = 'detector' AND run = '" + last["run"].get<std::string>() + "'")[0];
  CHECK(detector.find("alpha-max=0.5") != std::string::npos);
  CHECK(detector.find("tails=both") != std::string::npos);
  const std::string precision =
      rows_of(folder / "s.sqlite", "SELECT printf('%.12f', precision) FROM scan_summary WHERE run = '" +
                                       last["run"].get<std::string>() + "' AND kind = 'mixed' AND n_anomalous = 6")[0];
  CHECK(last["precision 10 %"].get<double>() == Approx(std::stod(precision)));
  int figures = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "figures")) {
    figures += entry.path().filename() == "sweep.svg" ? 1 : 0;
  }
  CHECK(figures == 1);
  const auto stamps = rows_of(folder / "s.sqlite", "SELECT name, finished FROM unit");
  CHECK(json_of(measured(sweep)) == table);
  CHECK(rows_of(folder / "s.sqlite", "SELECT name, finished FROM unit") == stamps);
  CHECK(rows_of(folder / "s.sqlite", "SELECT count(*) FROM run") == std::vector<std::string>{"4|"});
}

TEST_CASE("sweeps that do not fit are refused before anything is measured") {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& sweep) { return words(folder.path(), {"--sweep", sweep}); };
  check_refusals({
      {with("alpha-max"), "expected KEY=VALUE,VALUE"},
      {with("alpha-max=0.1"), "expected two or more different values"},
      {with("alpha-max=0.1,0.1"), "expected two or more different values"},
      {with("alpha-min=0.1,0.2"),
       "expected an option of deep-mining, or of its detector or attack, found \"alpha-min\""},
      {with("detector.epsilon=0.1,0.2"), "found \"detector.epsilon\""},
      {with("alpha-max=0.1,2"), "alpha-max: expected a number in"},
  });
  CHECK_FALSE(fs::exists(folder / "s.sqlite"));
}

}  // namespace
}  // namespace deepmine
