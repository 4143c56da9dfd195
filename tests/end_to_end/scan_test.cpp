#include <cmath>
#include <fmt/format.h>
#include <fstream>

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

namespace {

/// Activations of two layers, the second of 3 channels of 2 x 2, for 60 clean inputs and 20 of which
/// the last five are higher at the second layer's second channel.
struct TwoLayers {
  explicit TwoLayers(const TemporaryFolder& folder) {
    RandomStream random{Seed(9)};
    const auto draw = [&](const char* name, std::vector<std::size_t> shape, std::size_t planted_from) {
      std::size_t nodes = 1;
      for (std::size_t axis = 1; axis < shape.size(); ++axis) nodes *= shape[axis];
      std::vector<float> values;
      for (std::size_t i = 0; i < shape[0]; ++i) {
        for (std::size_t j = 0; j < nodes; ++j) {
          const bool planted = i >= planted_from && j >= 4 && j < 8;
          values.push_back(static_cast<float>(random.uniform() + (planted ? 1 : 0)));
        }
      }
      return write_values(folder / name, std::move(shape), values);
    };
    flat_background = draw("fb.npy", {60, 5}, 60);
    flat = draw("f.npy", {20, 5}, 20);
    channels_background = draw("cb.npy", {60, 3, 2, 2}, 60);
    channels = draw("c.npy", {20, 3, 2, 2}, 15);
  }
  std::string flat_background, flat, channels_background, channels;
};

}  // namespace

TEST_CASE("A joint scan of two layers is the scan of their p-values beside each other") {
  const TemporaryFolder folder;
  const TwoLayers layers(folder);
  const std::string p = (folder / "p.npy").string();
  const Words files{"--background", layers.flat_background, layers.channels_background,
                    "--evaluation", layers.flat, layers.channels};
  Words rank{"p-values", "--out", p}, scan{"scan", "--json"}, linear{"scan", "--json", "--alphas", "linear:50"};
  for (Words* words : {&rank, &scan, &linear}) words->insert(words->end(), files.begin(), files.end());
  REQUIRE(deepmine_run(rank).code == 0);
  const std::vector<Finished> finished =
      deepmine_all({scan, {"scan", "--p-values", p, "--json"}, linear,
                    {"scan", "--p-values", p, "--json", "--alphas", "linear:50"}});
  for (const int grid : {0, 2}) {
    Json joint = json_of(finished[grid]);
    const Json expected = json_of(finished[grid + 1]);
    REQUIRE(joint["layers"].size() == 2);
    CHECK(joint["layers"][1]["first_node"] == 5);
    CHECK(joint["layers"][1]["nodes"] == 12);
    CHECK(joint["layers"][0]["selected"].get<int>() + joint["layers"][1]["selected"].get<int>() ==
          static_cast<int>(joint["nodes"].size()));
    joint.erase("layers");
    CHECK(joint == expected);
  }
}

TEST_CASE("p-values of channels are scanned by channels") {
  const TemporaryFolder folder;
  const std::string p = write_values<double>(folder / "p.npy", {1, 2, 1, 2}, {.9, .8, .01, .02});
  const Json found = json_of(deepmine_run({"scan", "--p-values", p, "--group", "channel", "--json"}));
  CHECK(found["nodes"] == Json({2, 3}));
}

TEST_CASE("Channels are known from a file's axes") {
  const TemporaryFolder folder;
  const TwoLayers layers(folder);
  const Words scan{"scan", "--json", "--background", layers.channels_background, "--evaluation",
                   layers.channels, "--group"};
  Words by_name = scan, by_size = scan;
  by_name.push_back("channel");
  by_size.push_back("4");
  const std::vector<Finished> finished = deepmine_all({by_name, by_size});
  const Json found = json_of(finished[0]);
  CHECK(found["nodes"] == Json({4, 5, 6, 7}));
  CHECK(found["inputs"] == Json({15, 16, 17, 18, 19}));
  CHECK(finished[0].out == finished[1].out);
  check_refusals(
      {{{"scan", "--background", layers.flat_background, "--evaluation", layers.flat, "--group",
         "channel"}, "[N,C,H,W]"},
       {{"scan", "--background", layers.flat_background, layers.channels_background, "--evaluation",
         layers.flat, layers.channels, "--group", "4"}, "divides the 5 nodes"},
       {{"scan", "--background", layers.flat_background, layers.channels_background, "--evaluation",
         layers.flat}, "found 2 and 1"},
       {{"scan", "--background", layers.flat_background, "--evaluation", layers.channels}, "5 nodes"}});
}

TEST_CASE("However little memory is given, the answer is the same") {
  const TemporaryFolder folder;
  RandomStream random{Seed(10)};
  const auto draw = [&](const char* name, std::size_t rows) {
    std::vector<float> values(rows * 1000);
    for (float& value : values) value = static_cast<float>(random.uniform());
    return write_values(folder / name, {rows, 1000}, values);
  };
  const std::string background = draw("b.npy", 600), evaluation = draw("e.npy", 200);
  std::vector<Words> programs;
  for (const char* alphas : {"exact", "linear:50", "linear:300", "fixed:0.1"}) {
    for (const char* memory : {"1G", "3M"}) {
      programs.push_back({"scan", "--background", background, "--evaluation", evaluation, "--json",
                          "--restarts", "2", "--alphas", alphas, "--memory", memory});
    }
  }
  const std::vector<Finished> finished = deepmine_all(programs);
  for (std::size_t i = 0; i < finished.size(); i += 2) {
    INFO(finished[i].err << finished[i + 1].err);
    CHECK(finished[i].code == 0);
    CHECK(finished[i].out == finished[i + 1].out);
  }
  check_refusals({{{"scan", "--background", background, "--evaluation", evaluation, "--memory", "1M"},
                   "expected at least"},
                  {{"scan", "--background", background, "--evaluation", evaluation, "--memory", "2"},
                   "500M"},
                  {{"scan", "--p-values", evaluation, "--memory", "2G"}, "--memory"},
                  {{"scan", "--p-values", evaluation, "--individual", "--group", "2"}, "--group"},
                  {{"p-values", "--background", background, "--evaluation", evaluation, "--out",
                    (folder / "p.npy").string(), "--evaluation-classes", evaluation},
                   "--background-classes"},
                  {{"p-values", "--background", background, "--evaluation", evaluation, "--out",
                    (folder / "p.npy").string(), "--memory", "1M"}, "fewer inputs"}});
}

TEST_CASE("A value that is no number is named by its place in the whole file") {
  const TemporaryFolder folder;
  std::vector<float> values(4 * 700, 1.0F);
  const std::string background = write_values(folder / "b.npy", {4, 700}, values);
  values[2 * 700 + 650] = std::nanf("");
  const std::string evaluation = write_values(folder / "e.npy", {4, 700}, values);
  check_refused(deepmine_run({"scan", "--background", background, "--evaluation", evaluation}),
                "e.npy: expected finite numbers, found nan for input 2 at node 650");
}

namespace {

/// Writes noise [rows x cols], row by row, so that this process stays small.
std::string write_noise(const std::filesystem::path& file, std::size_t rows, std::size_t cols) {
  const std::string whole = format_npy({{1, cols}, std::vector<float>(cols)});
  std::string header = whole.substr(0, whole.size() - cols * sizeof(float));
  const std::string one = fmt::format("(1, {})", cols), all = fmt::format("({}, {})", rows, cols);
  header.replace(header.find(one), one.size(), all);
  header.erase(header.size() - 1 - (all.size() - one.size()), all.size() - one.size());  // blanks
  std::ofstream out(file, std::ios::binary);
  out << header;
  std::uint32_t state = 1;
  std::vector<float> row(cols);
  for (std::size_t i = 0; i < rows; ++i) {
    for (float& value : row) {
      state = state * 1664525U + 1013904223U;
      value = static_cast<float>(state >> 8);
    }
    out.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size() * sizeof(float)));
  }
  return file.string();
}

}  // namespace

TEST_CASE("A scan of 10000 x 4096 against 9000 stays under 2 GB and under less when asked and shows progress") {
  const TemporaryFolder folder;
  const std::string background = write_noise(folder / "b.npy", 9000, 4096);
  const std::string evaluation = write_noise(folder / "e.npy", 10000, 4096);
  const Words scan{"scan", "--background", background, "--evaluation", evaluation, "--restarts", "1"};
  Words bounded = scan;
  bounded.insert(bounded.end(), {"--alphas", "linear:50", "--memory", "200M", "--quiet"});
  const Finished plain = deepmine_run(scan);
  INFO(plain.err);
  CHECK(plain.code == 0);
  CHECK(plain.peak_kilobytes < 2'000'000);
  CHECK_THAT(plain.err, Catch::Contains("ascents: "));
  const Finished small = deepmine_run(bounded);
  INFO(small.err);
  CHECK(small.code == 0);
  CHECK(small.err.empty());
  CHECK(small.peak_kilobytes < 450'000);  // the program itself takes about 200 MB
}
