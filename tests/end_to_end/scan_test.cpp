#include <cmath>

#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"

using namespace deepmine;

namespace {

/// 12 x 30 p-values; the last four inputs have ones `factor` times smaller at the first ten nodes.
std::string write_planted(const TemporaryFolder& folder, double factor = 50) {
  RandomStream random{Seed(5)};
  std::vector<double> values;
  for (int i = 0; i < 12; ++i) {
    for (int j = 0; j < 30; ++j) {
      const double p = 1 - random.uniform();
      values.push_back(i >= 8 && j < 10 ? p / factor : p);
    }
  }
  return write_values(folder / "p.npy", {12, 30}, values);
}

std::string write_truth(const TemporaryFolder& folder) {
  return write_values<std::uint8_t>(folder / "truth.npy", {12},
                                    {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1});
}

TEST_CASE("A scan reports the planted inputs with precision and recall") {
  const TemporaryFolder folder;
  const Json found = json_of(deepmine_run(
      {"scan", "--p-values", write_planted(folder), "--truth", write_truth(folder), "--json"}));
  CHECK(found["inputs"] == Json({8, 9, 10, 11}));
  CHECK(found["precision"] == 1.0);
  CHECK(found["recall"] == 1.0);
  CHECK(found["statistic"] == "berk-jones");
  CHECK(found["alphas"] == "exact");
  CHECK(found["start"] == "paper");
  CHECK(found["restart_scores"].size() == 5);
}

TEST_CASE("A scan repeats itself, and another seed draws other starts") {
  const TemporaryFolder folder;
  const Words scan{"scan", "--p-values", write_planted(folder, 1), "--json"};
  Words other_seed = scan;
  other_seed.insert(other_seed.end(), {"--seed", "2", "--restarts", "7"});
  const std::vector<Finished> finished = deepmine_all({scan, scan, other_seed});
  const Json starts = json_of(finished[0])["restart_scores"];
  Json others = json_of(finished[2])["restart_scores"];
  CHECK(finished[1].out == finished[0].out);
  CHECK(others.size() == 7);
  others.erase(others.begin() + 5, others.end());
  CHECK(others != starts);
}

TEST_CASE("Activations and their p-values give the same scan") {
  const TemporaryFolder folder;
  RandomStream random{Seed(6)};
  const auto draw = [&](std::size_t rows, double shift) {
    std::vector<float> values;
    for (std::size_t i = 0; i < rows * 7; ++i) {
      values.push_back(static_cast<float>(random.uniform() + shift));
    }
    return values;
  };
  const std::string background = write_values(folder / "b.npy", {40, 7}, draw(40, 0));
  const std::string evaluation = write_values(folder / "e.npy", {9, 7}, draw(9, 0.2));
  const std::string p = (folder / "p.csv").string();
  REQUIRE(
      deepmine_run({"p-values", "--background", background, "--evaluation", evaluation, "--out", p})
          .code == 0);
  const std::vector<Finished> finished =
      deepmine_all({{"scan", "--background", background, "--evaluation", evaluation, "--json"},
                    {"scan", "--p-values", p, "--json"}});
  CHECK(finished[0].code == 0);
  CHECK(finished[0].out == finished[1].out);
}

TEST_CASE("Inputs are scanned alone, k ln(1/alpha) by hand") {
  const TemporaryFolder folder;
  const std::string p =
      write_values<double>(folder / "p.csv", {3, 4}, {.1, .2, .9, .9, .5, .9, .9, .9, 1, 1, 1, 1});
  const std::string truth = write_values<std::int64_t>(folder / "t.npy", {3, 1}, {1, 0, 0});
  const std::vector<Finished> finished =
      deepmine_all({{"scan", "--individual", "--p-values", p, "--json"},
                    {"scan", "--individual", "--p-values", p, "--truth", truth, "--json"},
                    {"scan", "--individual", "--p-values", p}});
  const Json found = json_of(finished[0]);
  CHECK(found.size() == 2);
  CHECK(found["scores"][0].get<double>() == Approx(2 * std::log(5)));
  CHECK(found["scores"][1].get<double>() == Approx(std::log(2)));
  CHECK(found["scores"][2] == 0.0);
  CHECK(found["alphas"] == Json({.2, .5, nullptr}));
  CHECK(json_of(finished[1])["auroc"] == 1.0);
  CHECK(std::count(finished[2].out.begin(), finished[2].out.end(), '\n') == 4);
}

TEST_CASE("Nothing to find is a result: score 0, no alpha, no precision") {
  const TemporaryFolder folder;
  const std::string p = write_values<double>(folder / "p.npy", {2, 2}, {1, 1, 1, 1});
  const std::string truth = write_values<std::uint8_t>(folder / "t.npy", {2}, {0, 1});
  const Json found = json_of(deepmine_run({"scan", "--p-values", p, "--truth", truth, "--json"}));
  CHECK(found["score"] == 0.0);
  CHECK(found["alpha"].is_null());
  CHECK(found["inputs"] == Json::array());
  CHECK(found["nodes"] == Json::array());
  CHECK(found["precision"].is_null());
  CHECK(found["recall"] == 0.0);
}

TEST_CASE("For people a scan prints a few aligned lines, and nothing else") {
  const TemporaryFolder folder;
  const Finished finished = deepmine_run(
      {"scan", "--p-values", write_planted(folder), "--truth", write_truth(folder), "--quiet"});
  CHECK(finished.code == 0);
  CHECK(finished.err.empty());
  CHECK(finished.out.find("inputs      4 of 12: 8 9 10 11\n") != std::string::npos);
  CHECK(finished.out.find("precision   1\n") != std::string::npos);
  CHECK(std::count(finished.out.begin(), finished.out.end(), '\n') == 9);
}

}  // namespace

TEST_CASE("A scan for one class names it and returns inputs of it only") {
  const TemporaryFolder folder;
  const std::string classes = write_values<std::int64_t>(folder / "classes.npy", {12},
                                                         {0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1});
  const Json found = json_of(deepmine_run({"scan", "--p-values", write_planted(folder),
                                           "--evaluation-classes", classes, "--one-class", "--json"}));
  CHECK(found["class"] == 1);
  CHECK(found["inputs"] == Json({8, 9, 11}));
}

TEST_CASE("A scan of groups returns whole groups, and one of a fixed alpha tries no other") {
  const TemporaryFolder folder;
  const std::string p = write_planted(folder);
  const std::vector<Finished> finished = deepmine_all(
      {{"scan", "--p-values", p, "--group", "5", "--json"},
       {"scan", "--p-values", p, "--alphas", "fixed:0.02", "--json"}});
  const Json grouped = json_of(finished[0]), fixed = json_of(finished[1]);
  CHECK(grouped["group"] == 5);
  CHECK(grouped["nodes"] == Json({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  CHECK(fixed["alpha"] == 0.02);
}

TEST_CASE("Small activations are found by both tails, against all inputs and against those of their class") {
  const TemporaryFolder folder;
  RandomStream random{Seed(8)};
  // Class 1 lies ten higher than class 0; the last two inputs of class 1 lie 30 lower than it.
  const auto draw = [&](std::size_t rows, std::size_t first_low) {
    std::vector<float> values;
    for (std::size_t i = 0; i < rows; ++i) {
      const double shift = i >= first_low ? -20 : static_cast<double>(i % 2) * 10;
      for (int j = 0; j < 6; ++j) values.push_back(static_cast<float>(random.uniform() + shift));
    }
    return values;
  };
  const auto labels = [&](const char* name, std::size_t count) {
    std::vector<std::int64_t> classes;
    for (std::size_t i = 0; i < count; ++i) classes.push_back(static_cast<std::int64_t>(i % 2));
    return write_values(folder / name, {count}, classes);
  };
  const std::string background = write_values(folder / "b.npy", {400, 6}, draw(400, 400));
  const std::string evaluation = write_values(folder / "e.npy", {40, 6}, draw(40, 38));
  const Words scan{"scan", "--background", background, "--evaluation", evaluation, "--json",
                   "--alphas", "fixed:0.01"};
  Words both = scan;
  both.insert(both.end(), {"--tails", "both"});
  Words conditional = both;
  conditional.insert(conditional.end(), {"--background-classes", labels("bc.npy", 400),
                                         "--evaluation-classes", labels("ec.npy", 40)});
  const std::vector<Finished> finished = deepmine_all({both, conditional});
  CHECK(json_of(finished[0])["inputs"] == Json({38, 39}));
  CHECK(json_of(finished[1])["inputs"] == Json({38, 39}));
}
