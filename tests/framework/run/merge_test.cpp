#include "framework/run/merge.h"

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "tests/framework/run/sample_units.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

/// A store that holds the sample's units `first` to `last`.
fs::path part(const TemporaryFolder& folder, const std::string& name, int first, int last, bool finish = false) {
  ResultStore store = ResultStore::open(folder / name);
  Run run = begin_sample(store);
  for (int unit = first; unit <= last; ++unit) {
    run.write_unit(unit_name(unit), [&](UnitWriter& writer) {
      writer.add(ShapeCheckRow{unit_name(unit), true, "holds"});
      write_sample_unit(writer, unit, [](int) {});
      writer.add(cell_in(writer, mixed_cell("0", 50)), DetectionRow{"auroc, unit " + std::to_string(unit), 0.5 + unit});
    });
  }
  if (finish) run.finish();
  return folder / name;
}

std::string everything(const fs::path& path) {
  ResultStore store = ResultStore::open_read_only(path);
  std::string all = rows_of(store, kAllRows);
  for (const char* sql :
       {"SELECT * FROM param ORDER BY run, key", "SELECT * FROM run_input ORDER BY run, role",
        "SELECT run, name FROM unit ORDER BY run, name", "SELECT * FROM shape_check ORDER BY run, name",
        "SELECT * FROM spec_option ORDER BY spec, key",
        "SELECT run, input_set, target, item, source, success, score FROM input_score ORDER BY 1, 2, 3, 4",
        "SELECT s.run, s.name, s.kind, s.n, i.item, i.source, i.label, i.predicted, i.success FROM input_set AS s JOIN "
        "input AS i USING (input_set) ORDER BY 1, 2, i.item",
        "SELECT run, input_set, kind, metric, value FROM metric ORDER BY 1, 2, 3, 4",
        "SELECT uid, experiment, seed FROM run ORDER BY uid", "PRAGMA integrity_check", "PRAGMA foreign_key_check",
        "SELECT c.target, s.item, s.start, s.score FROM start_score AS s JOIN cell AS c USING (cell) ORDER BY 1, 2, "
        "3"}) {
    all += rows_of(store, sql);
  }
  return all;
}

TEST_CASE("parts merge to the store of one process, in any order and however often") {
  const TemporaryFolder folder;
  const std::string whole = everything(part(folder, "whole.sqlite", 0, kUnits - 1));
  std::vector<fs::path> parts{part(folder, "a.sqlite", 0, 1), part(folder, "b.sqlite", 2, 2),
                              part(folder, "c.sqlite", 1, 4), part(folder, "d.sqlite", 5, kUnits - 1)};
  std::sort(parts.begin(), parts.end());
  do {
    fs::remove(folder / "all.sqlite");
    ResultStore target = ResultStore::open(folder / "all.sqlite");
    std::int64_t rows = 0, units = 0, runs = 0;
    for (const fs::path& one : parts) {
      const MergeReport report = merge_store(target, one);
      rows += report.n_rows;
      units += report.n_units;
      runs += report.n_runs;
    }
    CHECK(rows == std::int64_t{kUnits} * kRowsPerUnit);
    CHECK(units == kUnits);
    CHECK(runs == 1);
    const MergeReport again = merge_store(target, parts.front());
    CHECK((again.n_rows == 0 && again.n_units == 0 && again.n_runs == 0));
    CHECK(everything(folder / "all.sqlite") == whole);
  } while (std::next_permutation(parts.begin(), parts.end()));
}

TEST_CASE("parts of programs whose sources differ where no result depends on them merge") {
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  for (const std::string name : {"a.sqlite", "b.sqlite"}) {
    {
      ResultStore store = ResultStore::open(folder / name);
      Run run = store.begin_run(sample_key(), Provenance{}, 1);  // whose own changes are not noted
      run.write_unit(name, [&](UnitWriter& writer) { writer.input("source diff", "changes of " + name); });
    }
    merge_store(target, folder / name);
  }
  CHECK(rows_of(target, "SELECT name FROM unit ORDER BY name") == "name\na.sqlite\nb.sqlite\n");
  CHECK(rows_of(target, "SELECT sha256 FROM run_input WHERE role = 'source diff'") == "sha256\nchanges of a.sqlite\n");
}

TEST_CASE("a run is finished when it is so in a part, and never left as running") {
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  const auto status = [&] { return rows_of(target, "SELECT status, finished IS NULL FROM run"); };
  merge_store(target, part(folder, "a.sqlite", 0, 1));
  CHECK(status() == "status,finished IS NULL\ninterrupted,1\n");
  merge_store(target, part(folder, "b.sqlite", 0, kUnits - 1, true));
  CHECK(status() == "status,finished IS NULL\nfinished,0\n");
  merge_store(target, folder / "a.sqlite");
  CHECK(status() == "status,finished IS NULL\nfinished,0\n");
}

TEST_CASE("different rows under one key are refused by name, and nothing of that part is merged") {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& change, const std::string& kind) {
    fs::remove(folder / "all.sqlite");
    fs::remove(folder / "bad.sqlite");
    ResultStore target = ResultStore::open(folder / "all.sqlite");
    merge_store(target, part(folder, "good.sqlite", 0, 2));
    {
      ResultStore bad = ResultStore::open(part(folder, "bad.sqlite", 2, 4));
      bad.database().execute("PRAGMA ignore_check_constraints = ON; " + change);
    }
    const std::string before = everything(folder / "all.sqlite");
    const std::string text = error_text([&] { merge_store(target, folder / "bad.sqlite"); });
    CHECK(everything(folder / "all.sqlite") == before);
    CHECK_THAT(text, Contains("bad.sqlite") && Contains("found in " + kind) && Contains("nothing of it was merged"));
    return text;
  };
  const std::string uid = sample_key().uid();
  CHECK_THAT(refusal("UPDATE score SET score = -1 WHERE item = 7", "score"),
             Contains(uid) && Contains("item 7") && Contains("bim / 2") && Contains("and score -1.0 there"));
  CHECK_THAT(refusal("UPDATE scan_detail SET alpha = NULL WHERE item = 7", "scan_detail"),
             Contains("item 7: alpha 0.25 here and alpha NULL there"));
  CHECK_THAT(refusal("UPDATE score SET score = score * (1 + 2.3e-16) WHERE item = 7", "score"), Contains("item 7"));
  CHECK_THAT(refusal("UPDATE start_score SET score = 3 WHERE item = 5 AND start = 1", "start_score"),
             Contains("item 5, start 1"));
  CHECK_THAT(refusal("UPDATE shape_check SET passed = 0", "shape_check"),
             Contains("passed 1") && Contains("passed 0") && Contains(unit_name(2)));
  CHECK_THAT(refusal("UPDATE param SET value = 'x' WHERE key = 'restarts'", "param"), Contains("restarts"));
  CHECK_THAT(refusal("UPDATE score_cell SET anomalous_fraction = 0.5", "score_cell"),
             Contains("anomalous_fraction 0.1 here and anomalous_fraction 0.5 there"));
  CHECK_THAT(refusal("UPDATE run SET code_version = 'x'", "run"), Contains(uid));
  CHECK_THAT(refusal("UPDATE input_set SET dataset = 'x' WHERE name = 'bim / 2'", "input_set"),
             Contains("bim / 2") && Contains("dataset 'cifar10' here and dataset 'x' there"));
  CHECK_THAT(refusal("UPDATE input SET predicted = 7 WHERE item = 1 AND input_set = (SELECT input_set FROM input_set "
                     "WHERE name = 'bim / 2')",
                     "input"),
             Contains("bim / 2, item 1: predicted 0 here and predicted 7 there"));
  CHECK_THAT(refusal("UPDATE detection SET value = 0 WHERE metric = 'auroc, unit 2'", "detection"),
             Contains("metric auroc, unit 2: value 2.5 here"));
  // Fewer or more rows of a unit that both have would merge to a mixture that nobody measured.
  CHECK_THAT(refusal("DELETE FROM start_score WHERE item = 7; DELETE FROM scan_detail WHERE item = 7; DELETE FROM "
                     "score WHERE item = 7",
                     "score"),
             Contains("bim / 2") && Contains("300 rows here and 299 rows there"));
  CHECK_THAT(refusal("INSERT INTO score SELECT cell, 300, score FROM score WHERE item = 7", "score"),
             Contains("300 rows here and 301 rows there"));
  CHECK_THAT(refusal("DELETE FROM start_score WHERE item = 7 AND start = 1", "start_score"),
             Contains("600 rows here and 599 rows there"));
}

TEST_CASE("a cell of which one part has the scores and another the numbers merges to both") {
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  const fs::path numbers = part(folder, "a.sqlite", 1, 1), scores = part(folder, "b.sqlite", 0, 0);
  const bool scores_first = GENERATE(false, true);
  for (const fs::path& one : scores_first ? std::vector{scores, numbers} : std::vector{numbers, scores}) {
    merge_store(target, one);
  }
  CHECK(rows_of(target, "SELECT n_scans, metric FROM scan_summary JOIN metric USING (cell) ORDER BY metric") ==
        "n_scans,metric\n300,\"auroc, unit 0\"\n300,\"auroc, unit 1\"\n");
}

/// A store with a unit that scores a part of a set of ten inputs, the first of which has the item `first`.
fs::path scored_part(const TemporaryFolder& folder, const std::string& name, std::int64_t first, double score) {
  ResultStore store = ResultStore::open(folder / name);
  Run run = begin_sample(store);
  run.write_unit(name, [&](UnitWriter& writer) {
    InputSetRow set{"svhn", "ood", "svhn", {}, {}, {}, {{first, {}, 1}, {first + 1, {}, 2}}};
    set.first = first;
    set.n = 10;
    writer.add_scores(writer.cell(writer.input_set(set), {"msp"}), {score, score + 1}, first);
  });
  return folder / name;
}

TEST_CASE("a set that units score in parts is put together from the stores that have these") {
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  const fs::path last = scored_part(folder, "last.sqlite", 7, 0.7);
  for (const fs::path& one : {last, scored_part(folder, "first.sqlite", 0, 0.25), last}) merge_store(target, one);
  CHECK(rows_of(target, "SELECT item, source, predicted, score FROM input_score ORDER BY item") ==
        "item,source,predicted,score\n0,0,1,0.25\n1,1,2,1.25\n7,7,1,0.7\n8,8,2,1.7\n");
  CHECK(rows_of(target, "SELECT n FROM input_set") == "n\n10\n");
  CHECK_THAT(error_text([&] { merge_store(target, scored_part(folder, "other.sqlite", 8, 0.5)); }), Contains("item 8"));
}

TEST_CASE("the time that a scan took is no result") {
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  merge_store(target, part(folder, "a.sqlite", 0, 2));
  {
    ResultStore slow = ResultStore::open(part(folder, "b.sqlite", 0, 2));
    slow.database().execute("UPDATE scan_detail SET microseconds = microseconds + 5");
  }
  CHECK(merge_store(target, folder / "b.sqlite").n_rows == 0);
}

TEST_CASE("what is no store, is damaged, or is the target itself is refused") {
  const TemporaryFolder folder;
  const fs::path good = part(folder, "a.sqlite", 0, 2);
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  const auto refusal = [&](const fs::path& file) { return error_text([&] { merge_store(target, file); }); };
  write_file(folder / "text.sqlite", "no store");
  CHECK_THAT(refusal(folder / "text.sqlite"), Contains("text.sqlite"));
  CHECK_THAT(refusal(folder / "none.sqlite"), Contains("none.sqlite"));
  CHECK_THAT(refusal(folder / "all.sqlite"), Contains("another store"));
  const std::string whole = read_file(good);
  for (const std::size_t length : {whole.size() / 2, whole.size() - 5000}) {
    write_file(folder / "cut.sqlite", whole.substr(0, length));
    CHECK_THAT(refusal(folder / "cut.sqlite"), Contains("cut.sqlite: ") && Contains("damaged"));
  }
  for (const char* change : {"UPDATE param SET run = 'x' WHERE key = 'restarts'",
                             "UPDATE score_cell SET cell = 77 WHERE cell = 2", "DELETE FROM score WHERE item = 3"}) {
    fs::remove(folder / "torn.sqlite");
    { Database(part(folder, "torn.sqlite", 0, 2)).execute(std::string("PRAGMA foreign_keys = OFF; ") + change); }
    CHECK_THAT(refusal(folder / "torn.sqlite"),
               Contains("torn.sqlite: expected an undamaged store") && Contains("belong to nothing"));
  }
  CHECK(target.database().integer("SELECT count(*) FROM run") == 0);
  CHECK(merge_store(target, good).n_units == 3);
}

TEST_CASE("a sound store that cannot be opened is not called damaged") {
  const TemporaryFolder folder;
  ResultStore target = ResultStore::open(folder / "all.sqlite");
  const fs::path sound = part(folder, "a.sqlite", 0, 2);
  fs::create_directory(sound.string() + "-wal");  // SQLite would read a log there
  const std::string text = error_text([&] { merge_store(target, sound); });
  CHECK_THAT(text, Contains("a.sqlite") && !Contains("damaged") && !Contains("delete"));
}

}  // namespace
}  // namespace deepmine
