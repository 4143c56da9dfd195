#include <algorithm>

#include "framework/core/seed.h"
#include "tests/end_to_end/program.h"

namespace deepmine {
namespace {

TEST_CASE("A background too small for the levels that are tried is warned of, whatever is anomalous") {
  const TemporaryFolder folder;
  RandomStream random{Seed(8)};
  const auto draw = [&](std::size_t rows, std::size_t shifted) {
    std::vector<double> values;
    for (std::size_t i = 0; i < rows * 50; ++i) values.push_back(random.uniform() + (i < shifted * 50 ? 8 : 0));
    return values;
  };
  const auto labels = [&](const char* name, std::vector<std::int64_t> classes) {
    return write_values(folder / name, {classes.size()}, classes);
  };
  std::vector<std::int64_t> first(20, 0), second(30, 0);
  std::fill(first.begin() + 15, first.end(), 7);
  std::fill(second.begin() + 10, second.end(), 7);
  const std::string p_values = (folder / "p.npy").string();
  const Words files{"--background", write_values(folder / "b.npy", {20, 50}, draw(20, 0)),
                    "--evaluation", write_values(folder / "e.npy", {30, 50}, draw(30, 10))};
  const Words classes{"--background-classes", labels("bc.npy", first), "--evaluation-classes",
                      labels("ec.npy", second)};
  const auto scan = [&](const Words& input, const Words& more) {
    Words words{"scan", "--json"};
    words.insert(words.end(), input.begin(), input.end());
    words.insert(words.end(), more.begin(), more.end());
    return deepmine_run(words);
  };
  Words ranked{"p-values", "--out", p_values};
  ranked.insert(ranked.end(), files.begin(), files.end());
  REQUIRE(deepmine_run(ranked).code == 0);
  Words by_class = files;
  by_class.insert(by_class.end(), classes.begin(), classes.end());

  const Finished serves = scan(files, {});
  CHECK(json_of(serves)["warnings"].empty());
  CHECK(json_of(serves)["inputs"] == Json({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const std::vector<std::pair<Finished, std::string>> doubtful{
      {scan(files, {"--alphas", "fixed:0.01"}),
       "20 background inputs give no p-value below 1/21 = 0.0476, so nothing can be found"},
      {scan(files, {"--alphas", "linear:50", "--alpha-max", "0.04"}), "give at least 24 background inputs"},
      {scan(files, {"--alpha-max", "0.09", "--tails", "both"}), "2/21 = 0.0952 of both tails"},
      {scan(files, {"--alpha-max", "0.01", "--individual"}), "nothing can be found"},
      {scan(by_class, {"--alpha-max", "0.1"}), "1 of 2 classes have too few background inputs"},
      {scan({"--p-values", p_values}, {"--alpha-max", "0.01"}),
       "no p-value is at most 0.01, the largest alpha (the smallest is 0.0476)"}};
  for (const auto& [finished, part] : doubtful) {
    INFO(finished.err);
    REQUIRE(json_of(finished)["warnings"].size() == 1);
    CHECK(json_of(finished)["warnings"][0].get<std::string>().find(part) != std::string::npos);
    CHECK(finished.err.find("deepmine: warning: ") != std::string::npos);
    CHECK(finished.err.find(part) != std::string::npos);
  }
  CHECK(json_of(doubtful[0].first)["score"] == 0.0);
  check_refused(scan(files, {"--alphas", "fixed:0.3", "--alpha-max", "0.2"}), "A at most alpha-max, 0.2, found 0.3");
}

}  // namespace
}  // namespace deepmine
