#include <cmath>

#include "tests/end_to_end/program.h"

using namespace deepmine;

namespace {

const std::map<std::string, std::string> kStatistics{
    {"bj", "berk-jones"}, {"hc", "higher-criticism"}, {"ks", "kolmogorov-smirnov"}};
const std::map<std::string, std::string> kGrids{{"distinct", "exact"}, {"linear", "linear:50"}};

struct GoldenScan {
  Words words;
  Json expected;
};

std::vector<GoldenScan> golden_scans(const std::filesystem::path& folder) {
  std::vector<GoldenScan> scans;
  for (const Json& golden : golden_cases(folder, "scan")) {
    if (golden["input_format"] != "decimal") continue;
    const std::string input = (folder / golden["input"].get<std::string>()).string();
    for (const auto& [statistic, grids] : golden["expected"].items()) {
      for (const auto& [grid, expected] : grids.items()) {
        scans.push_back({{"scan", "--p-values", input, "--statistic", kStatistics.at(statistic),
                          "--alphas", kGrids.at(grid), "--alpha-max", golden["a_max"].dump(),
                          "--start", "all-nodes", "--json"},
                         expected});
      }
    }
  }
  return scans;
}

void check_scan(const Json& found, const Json& expected) {
  const double score = expected["score"];
  CHECK(std::abs(found["score"].get<double>() - score) <= 1e-9 * std::max(1.0, score));
  CHECK(found["alpha"] == expected["alpha"]);
  CHECK(found["inputs"] == expected["rows"]);
  CHECK(found["nodes"] == expected["cols"]);
  CHECK(found["n_alpha"] == expected["n_alpha"]);
  CHECK(found["restart_scores"] == Json::array({found["score"]}));
}

void check_p_values(const std::filesystem::path& found, const std::filesystem::path& expected) {
  const Array ours = read_array(found), golden = read_array(expected);
  CHECK(ours.shape == golden.shape);
  CHECK(ours.values == golden.values);
}

TEST_CASE("deepmine scan finds the golden subsets") {
  const auto folder = golden_folder();
  if (!folder) {
    WARN("SKIPPED: DEEPMINE_SHARED names no golden cases");
    return;
  }
  const std::vector<GoldenScan> scans = golden_scans(*folder);
  REQUIRE(scans.size() >= 60);
  std::vector<Words> programs;
  for (const GoldenScan& scan : scans) programs.push_back(scan.words);
  const std::vector<Finished> finished = deepmine_all(programs);
  for (std::size_t i = 0; i < scans.size(); ++i) {
    CAPTURE(scans[i].words);
    check_scan(json_of(finished[i]), scans[i].expected);
  }
}

TEST_CASE("deepmine p-values writes the golden p-values, upper and lower end, .npy and .csv") {
  const auto folder = golden_folder();
  if (!folder) {
    WARN("SKIPPED: DEEPMINE_SHARED names no golden cases");
    return;
  }
  const TemporaryFolder out;
  for (const Json& golden : golden_cases(*folder, "pvalues")) {
    const auto file = [&](const char* key) {
      return (*folder / golden[key].get<std::string>()).string();
    };
    CAPTURE(golden["name"]);
    const std::string upper = (out / "upper.npy").string(), lower = (out / "lower.csv").string();
    const Words base{"p-values", "--background", file("background"), "--evaluation", file("eval")};
    Words first = base, second = base;
    first.insert(first.end(), {"--out", upper});
    second.insert(second.end(), {"--out", lower, "--lower-end"});
    for (const Finished& one : deepmine_all({first, second})) CHECK(one.code == 0);
    check_p_values(upper, file("expected_p"));
    check_p_values(lower, file("expected_pmin"));
  }
}

}  // namespace
