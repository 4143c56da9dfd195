// Runs the experiment as a user does, on real images: Fashion-MNIST from Debian's package and the
// network shipped for it.
#include <map>

#include "framework/core/file.h"
#include "tests/end_to_end/store_rows.h"

namespace deepmine {
namespace {

/// A tiny version of the protocol: some 24 units of a fraction of a second.
Words words(const fs::path& folder, const std::string& store, const Words& more = {}) {
  Words result{"run", "deep-mining", "--profile", "quick", "--quiet",
               "--store", (folder / store).string(), "--artifacts", (folder / (store + ".d")).string()};
  for (const std::string& setting :
       {std::string("model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz"),
        std::string("detector=subset-scan"), std::string("background=300"), std::string("evaluation=120"),
        std::string("size=60"), std::string("replicates=6"), std::string("targets=0,3"),
        std::string("image-resamples=2"), std::string("attack=bim:epsilon=0.1,step=0.02,steps=6")}) {
    result.insert(result.end(), {"--set", setting});
  }
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

/// Everything a run measured but the time it took.
std::vector<std::string> results(const fs::path& store) {
  auto rows = rows_of(store, "SELECT * FROM scan_result ORDER BY kind, target, anomalous_fraction,"
                             " replicate, input");
  for (const char* sql : {"SELECT run, input_set, kind, metric, value, ci_low, ci_high, n FROM metric ORDER BY target, "
                          "anomalous_fraction, metric",
                          "SELECT * FROM shape_check ORDER BY name",
                          "SELECT run, attack, target, n_candidates, n_kept, success_rate, artifact"
                          " FROM attack_set ORDER BY target"}) {
    for (std::string& row : rows_of(store, sql)) rows.push_back(std::move(row));
  }
  return rows;
}

/// The names of the files in a folder, and their bytes.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

TEST_CASE("one seed gives the same rows and files whatever the threads, another seed gives others") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  measured(words(folder.path(), "a.sqlite", {"--threads", "1"}));
  measured(words(folder.path(), "b.sqlite", {"--threads", "2"}));
  measured(words(folder.path(), "d.sqlite", {"--threads", "4"}));
  measured(words(folder.path(), "c.sqlite", {"--seed", "2"}));
  const auto rows = results(folder / "a.sqlite");
  CHECK(rows.size() > 150);
  CHECK(rows == results(folder / "b.sqlite"));
  CHECK(rows == results(folder / "d.sqlite"));
  const auto files = files_of(folder / "a.sqlite.d");
  CHECK(files.size() > 3);
  CHECK(files == files_of(folder / "b.sqlite.d"));
  CHECK(rows != results(folder / "c.sqlite"));
}

TEST_CASE("a run killed again and again gives the rows of an undisturbed one") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  measured(words(folder.path(), "whole.sqlite"));
  const fs::path store = folder / "killed.sqlite";
  kill_after_units(words(folder.path(), "killed.sqlite"), store, {1, 3, 4, 9, 15});
  measured(words(folder.path(), "killed.sqlite"));
  CHECK(results(store) == results(folder / "whole.sqlite"));
  CHECK(rows_of(store, "SELECT count(*) FROM run") == std::vector<std::string>{"1|"});
}

TEST_CASE("a finished run is not measured again, and table prints what run printed") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Finished first = measured(words(folder.path(), "s.sqlite"));
  const auto stamps = [&] { return rows_of(folder / "s.sqlite", "SELECT name, finished FROM unit"); };
  const auto before = stamps();
  const Finished second = deepmine_run(words(folder.path(), "s.sqlite"));
  CHECK(second.out == first.out);
  CHECK(stamps() == before);
  const Finished table =
      deepmine_run({"table", "deep-mining", "--store", (folder / "s.sqlite").string()});
  CHECK(table.out == first.out);
  CHECK_THAT(table.out, Catch::Contains("options that differ from profile paper: attack=bim:") &&
                            Catch::Contains("; background=300; dataset=fashion-mnist; ") &&
                            Catch::Contains("of the clean images their class"));
  for (const std::string format : {"csv", "latex", "json"}) {
    CHECK(deepmine_run({"table", "deep-mining", "--format", format, "--store",
                        (folder / "s.sqlite").string()}).code == 0);
  }
}

TEST_CASE("precision and recall have intervals, and images drawn again vary detection power more than test sets do") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  Words run = words(folder.path(), "s.sqlite");
  for (std::string& word : run) {
    if (word == "targets=0,3") word = "targets=3";
    if (word == "image-resamples=2") word = "image-resamples=12";
    if (word == "replicates=6") word = "replicates=20";
  }
  measured(run);
  const fs::path store = folder / "s.sqlite";
  CHECK(rows_of(store, "SELECT count(*) FROM detection WHERE metric LIKE 'auroc, images drawn again %'")[0] == "120|");
  CHECK(rows_of(store,
                "SELECT count(DISTINCT metric) FROM detection WHERE metric LIKE 'auroc, images drawn again %'")[0] ==
        "12|");
  CHECK(rows_of(store,
                "SELECT count(*) FROM detection AS d JOIN scan_summary AS s USING (cell)"
                " WHERE d.metric = 'precision' AND abs(d.value - s.precision) < 1e-12 AND d.ci_low <= d.value AND "
                "d.value <= d.ci_high")[0] ==
        rows_of(store, "SELECT count(*) FROM scan_summary WHERE precision IS NOT NULL")[0]);
  CHECK(rows_of(store, "SELECT count(*) FROM detection WHERE metric = 'recall' AND ci_low < ci_high")[0] != "0|");
  // Over the cells together: the resamples' spread against the half width of the interval over test sets.
  CHECK(
      rows_of(store,
              "SELECT avg(wide) > avg(narrow) FROM (SELECT max(v.value) - min(v.value) AS wide, max(d.ci_high - "
              "d.ci_low) / 2 AS narrow FROM metric AS v JOIN metric AS d USING (cell) WHERE v.metric LIKE 'auroc, "
              "images %' AND d.metric = 'auroc' GROUP BY v.target, v.anomalous_fraction)")
          [0] == "1|");
}

TEST_CASE("deep-mining runs with any attack that succeeds, and the table says which") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  std::vector<Words> runs;
  const std::vector<std::string> specs{"cw:searches=2,steps=40,c=1,rate=0.05", "deepfool", "jsma:gamma=0.3",
                                       "bim-a:epsilon=0.2,step=0.02", "pgd:epsilon=0.2,step=0.02,steps=8"};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Words run = words(folder.path(), std::to_string(i) + ".sqlite");
    for (std::string& word : run) {
      if (word.rfind("attack=", 0) == 0) word = "attack=" + specs[i];
      if (word.rfind("targets=", 0) == 0) word = "targets=3";
    }
    runs.push_back(run);
  }
  const std::vector<Finished> finished = deepmine_all(runs);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    INFO(specs[i] << finished[i].err);
    CHECK(finished[i].code == 0);
    CHECK(finished[i].out.find("\nattack " + specs[i].substr(0, specs[i].find(':')) + ":") != std::string::npos);
    CHECK(finished[i].out.find("options that differ from profile paper: attack=") != std::string::npos);
  }
}

TEST_CASE("layers are scanned together, channels whole, by class and one class at a time") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const std::string detector = "detector=subset-scan:tails=both,conditional=true,one-class=true,group=";
  const std::string joint = "layer=conv+block-out";
  measured(words(folder.path(), "s.sqlite", {"--set", joint, "--set", detector + "channel"}));
  // 64 channels of 7 x 7 nodes in each of the two layers.
  CHECK(rows_of(folder / "s.sqlite",
                "SELECT DISTINCT layer, max(n_nodes) > 0, sum(n_nodes % 49) FROM scan_result"
                " WHERE kind <> 'individual'") ==
        std::vector<std::string>{"stack3.block3.conv2+stack3.block3.out|1|0|"});
  // Each option changes the scores.
  const auto scores = [&](const char* store) {
    return rows_of(folder / store, "SELECT score FROM scan_result WHERE kind <> 'individual'");
  };
  measured(words(folder.path(), "layer.sqlite", {"--set", detector + "channel"}));
  measured(words(folder.path(), "group.sqlite", {"--set", joint, "--set", detector + "1"}));
  measured(words(folder.path(), "plain.sqlite", {"--set", joint}));
  for (const char* other : {"layer.sqlite", "group.sqlite", "plain.sqlite"}) {
    CHECK(scores(other) != scores("s.sqlite"));
  }
  const auto with = [&](const std::string& layer, const std::string& group) {
    return words(folder.path(), "t.sqlite", {"--set", "layer=" + layer, "--set", detector + group});
  };
  check_refusals({{with("conv+conv", "1"), "twice"},
                  {with("conv+stem.conv", "channel"), "channels that are all of one size"},
                  {with("conv+", "1"), "with + between"},
                  {with("conv", "5"), "divides the 3136 nodes"},
                  {with("conv+block-out", "128"), "divides the 3136 nodes"}});
}

TEST_CASE("a class that the background lacks is told before the attacks") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Finished finished =
      deepmine_run(words(folder.path(), "s.sqlite", {"--set", "background=6", "--set",
                                                     "detector=subset-scan:conditional=true"}));
  check_refused(finished, "give a larger background");
  CHECK(rows_of(folder / "s.sqlite", "SELECT count(*) FROM artifact WHERE kind <> 'source diff'") ==
        std::vector<std::string>{"0|"});
}

TEST_CASE("each cell of Table 1 is the stored number, within its interval") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  measured(words(folder.path(), "s.sqlite"));
  const auto cells = rows_of(
      folder / "s.sqlite",
      "SELECT count(*), sum(abs(d.value - t.ours) < 1e-12), sum(ci_low <= value AND value <= ci_high)"
      " FROM metric AS d JOIN deep_mining_table1 AS t ON t.run = d.run AND t.metric = d.metric"
      " AND t.target = d.target AND t.col = coalesce(CAST(CAST(round(100 * d.anomalous_fraction) AS"
      " INTEGER) AS TEXT), 'individual')");
  CHECK(cells == std::vector<std::string>{"47|47|47|"});  // 3 x 5 groups and 2 individual cells
}

TEST_CASE("what a user mistypes is answered in one line") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const auto with = [&](const std::string& setting) {
    return words(folder.path(), "s.sqlite", {"--set", setting});
  };
  write_file(folder / "other.sqlite", "this is no store");
  check_refusals({
      {{"run", "deepmining"}, "deep-mining"},
      {{"run", "deep-mining", "--profile", "fast"}, "known: paper, quick"},
      {with("attack=bin"), "bim"},
      {with("attack=bim:eps=0.1"), "epsilon"},
      {with("layer=conv9"), "stack3.block3.conv2"},
      {with("repliactes=3"), "replicates"},
      {with("replicates=many"), "replicates"},
      {with("size=200"), "size"},
      {with("targets=0,12"), "targets"},
      {with("anomalous-percent=0"), "anomalous-percent"},
      {with("dataset=cifar"), "cifar10"},
      {with("model=none.npz"), "none.npz"},
      {with("detector=subset-scan:start=best"), "paper"},
      {with("background=9999"), "background"},
      {words(folder.path(), "other.sqlite"), "other.sqlite"},
      {words(folder.path(), "s.sqlite", {"--config", "none.json"}), "none.json"},
      {{"table", "deep-mining", "--store", (folder / "none.sqlite").string()}, "none.sqlite"},
  });
  CHECK(read_file(folder / "other.sqlite") == "this is no store");
}

}  // namespace
}  // namespace deepmine
