#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "framework/core/array.h"
#include "framework/core/file.h"
#include "framework/scan/p_values.h"
#include "framework/scan/subset_scan.h"
#include "tests/framework/scan/random_matrix.h"

using namespace deepmine;
using Json = nlohmann::json;
using Records = std::vector<std::uint32_t>;

namespace {

std::optional<std::filesystem::path> golden_folder() {
  const char* shared = std::getenv("DEEPMINE_SHARED");
  if (shared == nullptr) return std::nullopt;
  std::filesystem::path folder = std::filesystem::path(shared) / "golden" / "scan";
  if (!std::filesystem::exists(folder / "index.json")) return std::nullopt;
  return folder;
}

std::vector<Json> golden_cases(const std::filesystem::path& folder, const std::string& kind) {
  std::vector<Json> cases;
  for (const Json& entry : Json::parse(read_file(folder / "index.json"))) {
    if (entry["kind"] != kind) continue;
    cases.push_back(Json::parse(read_file(folder / entry["file"].get<std::string>())));
  }
  return cases;
}

template <typename T>
Matrix<T> golden_matrix(const std::filesystem::path& folder, const Json& file) {
  return matrix_as<T>(read_array(folder / file.get<std::string>()), file.get<std::string>());
}

Matrix<double> golden_p_values(const std::filesystem::path& folder, const Json& golden) {
  Matrix<double> cells = golden_matrix<double>(folder, golden["input"]);
  if (golden["input_format"] == "decimal") return cells;
  const double denominator = golden["denominator"];
  for (std::size_t i = 0; i < cells.size(); ++i) cells.data()[i] /= denominator;
  return cells;
}

std::optional<double> number(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<double>();
}

bool near(double found, double expected) {
  return std::abs(found - expected) <= 1e-9 * std::max(1.0, expected);
}

void check_trace(const std::vector<HalfStep>& trace, const Json& expected) {
  REQUIRE(trace.size() == expected.size());
  for (std::size_t i = 0; i < trace.size(); ++i) {
    INFO("half step " << i);
    CHECK((trace[i].axis == Axis::kInputs ? "rows" : "cols") == expected[i]["axis"]);
    CHECK(near(trace[i].score, expected[i]["score"]));
    CHECK(trace[i].alpha == number(expected[i]["alpha"]));
    CHECK(trace[i].size == expected[i]["size"].get<std::size_t>());
  }
}

void check_ascent(const Ascent& found, const Json& expected) {
  CHECK(near(found.score, expected["score"]));
  CHECK(found.alpha == number(expected["alpha"]));
  CHECK(found.inputs == expected["rows"].get<Records>());
  CHECK(found.nodes == expected["cols"].get<Records>());
  CHECK(found.n_alpha == expected["n_alpha"].get<std::uint64_t>());
  CHECK(found.inputs.size() * found.nodes.size() == expected["n"].get<std::size_t>());
  check_trace(found.trace, expected["trace"]);
}

ScanStatistic statistic_of(const std::string& name) {
  if (name == "hc") return ScanStatistic::kHigherCriticism;
  return name == "ks" ? ScanStatistic::kKolmogorovSmirnov : ScanStatistic::kBerkJones;
}

/// Checks one start with every statistic and grid that the case gives; returns how many.
int check_start(const Matrix<double>& p_values, double alpha_max, const Start& start,
                const Json& expected) {
  int checked = 0;
  for (const auto& [statistic, grids] : expected.items()) {
    for (const auto& [grid, result] : grids.items()) {
      INFO("statistic " << statistic << ", alphas " << grid);
      const AlphaGrid alphas = grid == "distinct" ? AlphaGrid(alpha_max) : AlphaGrid(0.5, 50);
      const SubsetScan scan(PValueMatrix(p_values, alphas), statistic_of(statistic));
      check_ascent(scan.ascend(start), result);
      ++checked;
    }
  }
  return checked;
}

}  // namespace

TEST_CASE("ascents reproduce the golden scans step by step") {
  const auto folder = golden_folder();
  if (!folder) {
    WARN("SKIPPED: no golden cases; name their folder in DEEPMINE_SHARED");
    return;
  }
  int checked = 0;
  for (const Json& golden : golden_cases(*folder, "scan")) {
    INFO("case " << golden["name"]);
    const Matrix<double> p_values = golden_p_values(*folder, golden);
    const double alpha_max = golden["a_max"];
    checked +=
        check_start(p_values, alpha_max, Start::all_nodes(p_values.cols()), golden["expected"]);
    for (const Json& extra : golden["extra_starts"]) {
      INFO("start " << extra["nodes"]);
      checked += check_start(p_values, alpha_max, {Axis::kNodes, extra["nodes"].get<Records>()},
                             extra["expected"]);
    }
  }
  CHECK(checked >= 100);
}

TEST_CASE("no ascent exceeds the golden global optimum") {
  const auto folder = golden_folder();
  if (!folder) {
    WARN("SKIPPED: no golden cases; name their folder in DEEPMINE_SHARED");
    return;
  }
  int checked = 0;
  for (const Json& golden : golden_cases(*folder, "scan")) {
    if (golden["global_optimum"].is_null()) continue;
    const Matrix<double> p_values = golden_p_values(*folder, golden);
    for (const auto& [statistic, grids] : golden["global_optimum"].items()) {
      for (const auto& [grid, optimum] : grids.items()) {
        INFO("case " << golden["name"] << ", statistic " << statistic << ", alphas " << grid);
        ScanOptions options;
        options.statistic = statistic_of(statistic);
        if (grid == "linear") options.alphas = AlphaGrid(0.5, 50);
        options.start = StartScheme::kAuthors;
        options.restarts = 40;
        const double best = optimum.is_object() ? optimum["score"] : optimum;
        const double found = scan(p_values, options, Seed(7)).score;
        CHECK(found <= best + 1e-9);
        CHECK(found >= 0.8 * best);
        ++checked;
      }
    }
  }
  CHECK(checked > 0);
}

TEST_CASE("empirical p-values reproduce the golden cases exactly") {
  const auto folder = golden_folder();
  if (!folder) {
    WARN("SKIPPED: no golden cases; name their folder in DEEPMINE_SHARED");
    return;
  }
  int checked = 0;
  const auto check = [&](const auto& background, const auto& evaluation, const Json& golden) {
    using Value = std::decay_t<decltype(*background.data())>;
    const SortedBackground<Value> sorted(background);
    const auto numerators = sorted.numerators(evaluation);
    const auto p_max = sorted.p_values(evaluation);
    const auto p_min = sorted.p_values(evaluation, PValueEnd::kLower);
    const auto expected_p = golden_matrix<double>(*folder, golden["expected_p"]);
    const auto expected_pmin = golden_matrix<double>(*folder, golden["expected_pmin"]);
    REQUIRE(sorted.denominator() == golden["denominator"].get<std::uint32_t>());
    REQUIRE(p_max.size() == expected_p.size());
    for (std::size_t i = 0; i < p_max.rows(); ++i) {
      for (std::size_t j = 0; j < p_max.cols(); ++j) {
        CHECK(numerators(i, j) == golden["numerators"][i][j].get<std::uint32_t>());
        CHECK(p_max(i, j) == expected_p(i, j));
        CHECK(p_min(i, j) == expected_pmin(i, j));
      }
    }
    ++checked;
  };
  for (const Json& golden : golden_cases(*folder, "pvalues")) {
    INFO("case " << golden["name"]);
    const auto background = golden_matrix<double>(*folder, golden["background"]);
    const auto evaluation = golden_matrix<double>(*folder, golden["eval"]);
    check(background, evaluation, golden);
    const auto narrow = [](const Matrix<double>& wide) {
      return Matrix<float>(wide.rows(), wide.cols(), {wide.data(), wide.data() + wide.size()});
    };
    check(narrow(background), narrow(evaluation), golden);
  }
  CHECK(checked >= 6);
}
