// A list of detectors is measured on the same test sets, a run each, and shown together.
#include "tests/end_to_end/grid.h"
#include "tests/end_to_end/store_rows.h"

namespace deepmine {
namespace {

/// The detectors of the profile, on few images.
Words two_detectors() {
  Words words = measurement();
  const auto listed = std::find(words.begin(), words.end(), "detector=subset-scan");
  REQUIRE(listed != words.end());
  words.erase(listed - 1, listed + 1);  // with its --set
  return words;
}

Words measure(const Words& settings, const fs::path& store) {
  return with(with({"run", "deep-mining"}, settings),
              {"--store", store.string(), "--artifacts", store.string() + ".d"});
}

std::vector<std::string> scores(const fs::path& store, const std::string& tails) {
  return rows_of(store,
                 "SELECT layer, kind, target, anomalous_fraction, replicate, input, score FROM scan_result AS s JOIN "
                 "param AS p ON p.run = s.run AND p.key = 'detector' AND p.value LIKE '%tails=" +
                     tails + "' ORDER BY kind, target, anomalous_fraction, replicate, input");
}

TEST_CASE("a profile's detectors are a run each on the same test sets, in one table") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const fs::path both = folder / "both.sqlite";
  const Finished together = measured(measure(two_detectors(), both));
  CHECK(rows_of(both, "SELECT count(*), count(DISTINCT seed) FROM run WHERE status = 'finished'") ==
        std::vector<std::string>{"2|1|"});
  CHECK(rows_of(both, "SELECT count(*), count(DISTINCT sha256) FROM artifact WHERE kind = 'adversarial images'") ==
        std::vector<std::string>{"2|2|"});  // of two targets, made once
  for (const char* part : {"| scan ", "| ours, paper's setting |", "| ours, two-sided ", " two-sided 10 |",
                           "two-sided (ours, found on CIFAR-10's and Fashion-MNIST's test images), run ",
                           "Shape checks, two-sided"}) {
    INFO(part);
    CHECK(together.out.find(part) != std::string::npos);
  }
  // Alone each detector gives the same scores.
  for (const auto& [detector, tails] : {std::pair{"subset-scan", "upper"}, {"subset-scan:preset=two-sided", "both"}}) {
    const fs::path alone = folder / (std::string(tails) + ".sqlite");
    measured(measure(with(two_detectors(), {"--set", std::string("detector=") + detector}), alone));
    CHECK(scores(alone, tails).size() > 100);
    CHECK(scores(alone, tails) == scores(both, tails));
  }
  // Whichever finished last, the paper's setting leads, in tables, verdicts and report.
  CHECK(deepmine_run({"table", "deep-mining", "--store", both.string()}).out == together.out);
  const Json verdict = Json::parse(deepmine_run({"verify", "deep-mining", "--json", "--store", both.string()}).out);
  CHECK(verdict["together_with"].size() == 1);
  CHECK(rows_of(both, "SELECT value LIKE '%tails=upper' FROM param WHERE key = 'detector' AND run = '" +
                          verdict["run"].get<std::string>() + "'")[0] == "1|");
  const fs::path page = folder / "report.html";
  measured({"report", "--out", page.string(), "--store", both.string(), "--artifacts", both.string() + ".d"});
  const std::string html = read_file(page);
  std::size_t sections = 0;
  for (std::size_t at = html.find("<h2 id=\"run-"); at != std::string::npos; at = html.find("<h2 id=\"run-", at + 1)) {
    ++sections;
  }
  CHECK(sections == 1);
  CHECK(html.find("ours, two-sided") != std::string::npos);
}

TEST_CASE("workers measure a list of detectors to the same table") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Finished one = measured(measure(two_detectors(), folder / "one.sqlite"));
  const std::string plan = (folder / "two.plan").string();
  measured(with(with({"plan", "deep-mining"}, two_detectors()),
                {"--store", (folder / "merged.sqlite").string(), "--out", plan}));
  for (const char* index : {"1", "0"}) measured({"work", plan, "--index", index, "--of", "2", "--quiet"});
  CHECK(measured({"merge", "--plan", plan, "--quiet"}).out == one.out);
}

TEST_CASE("in a sweep the detectors are one more option, and a swept option changes each of them") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const fs::path store = folder / "s.sqlite";
  const Json table = json_of(measured(measure(with(two_detectors(), {"--set", "targets=3", "--set", "all-targets=false",
                                                                     "--sweep", "restarts=1,2", "--format", "json"}),
                                              store)));
  REQUIRE(table["rows"].size() == 4);
  CHECK(table["columns"][0] == "detector");
  CHECK(table["rows"][3]["detector"] == "subset-scan:preset=two-sided");
  CHECK(rows_of(store,
                "SELECT count(DISTINCT value), sum(value LIKE '%restarts=2,%tails=both') FROM param WHERE key = "
                "'detector'") == std::vector<std::string>{"4|1|"});
}

TEST_CASE("a detector that its background cannot serve is refused before the attacks") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const fs::path store = folder / "s.sqlite";
  const auto with_detector = [&](const std::string& detector) {
    return measure(with(two_detectors(), {"--set", "background=20", "--set", "detector=" + detector}), store);
  };
  check_refusals({{with_detector("subset-scan:alphas=fixed:0.01"), "20 background inputs give no p-value below 1/21"},
                  {with_detector("subset-scan:tails=both,alpha-max=0.05"), "give at least 39 background inputs"},
                  {with_detector("subset-scan:alphas=fixed:0.6"), "A at most alpha-max"},
                  {with_detector("subset-scan;subset-scan:preset=two-side"), "two-sided"}});
  CHECK_FALSE(fs::exists(store.string() + ".d"));
}

}  // namespace
}  // namespace deepmine
