#include "framework/run/result_store.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <limits>

#include "framework/core/interrupt.h"
#include "framework/core/file.h"
#include "tests/framework/run/sample_units.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

TEST_CASE("the run with its parameters and inputs is there before any work") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  ResultStore writer = ResultStore::open(path);
  const Run run = begin_sample(writer);
  ResultStore reader = ResultStore::open_read_only(path);
  CHECK(rows_of(reader,
                "SELECT uid, experiment, profile, status, seed, threads, command, finished,"
                " error FROM run") ==
        "uid,experiment,profile,status,seed,threads,command,finished,error\n" + run.uid() +
            ",deep-mining,quick,running,18446744073709551615,2,deepmine run deep-mining,,\n");
  CHECK(rows_of(reader, "SELECT key, value FROM param") ==
        "key,value\nalpha_max,0.5\ndataset,cifar10\nrestarts,5\n");
  CHECK(rows_of(reader, "SELECT role, sha256 FROM run_input WHERE role = 'model'") ==
        "role,sha256\nmodel," + std::string(64, 'b') + "\n");
  CHECK(reader.database().integer("SELECT length(started) > 0 AND length(heartbeat) > 0 AND"
                                  " length(cpu) > 0 AND length(compiler) > 0 FROM run") == 1);
}

TEST_CASE("a unit is measured once") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  const auto write = [](UnitWriter& writer) { write_sample_unit(writer, 0, [](int) {}); };
  CHECK_FALSE(run.unit_done("target 0"));
  CHECK(run.write_unit("target 0", write));
  CHECK(run.unit_done("target 0"));
  CHECK_FALSE(run.write_unit("target 0", write));
  CHECK(store.database().integer("SELECT count(*) FROM scan") == kRowsPerUnit);
}

TEST_CASE("a finished run is left alone") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  CHECK_FALSE(run.finished());
  write_all_units(run);
  Run again = store.begin_run(sample_key(), provenance(), 1, "another");
  CHECK(again.uid() == run.uid());
  CHECK(again.finished());
  again.fail("too late");
  CHECK(again.finished());
  CHECK_THROWS_AS(again.write_unit("more", [](UnitWriter&) {}), std::logic_error);
  CHECK(rows_of(store, "SELECT threads, command, finished IS NOT NULL AS ended FROM run") ==
        "threads,command,ended\n2,deepmine run deep-mining,1\n");
}

TEST_CASE("a failed or interrupted run keeps its rows and error and is continued") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  run.write_unit("target 0", [](UnitWriter& w) { write_sample_unit(w, 0, [](int) {}); });
  run.fail("no memory");
  CHECK(rows_of(store, "SELECT status, error FROM run") == "status,error\nfailed,no memory\n");
  run.interrupt();
  CHECK(rows_of(store, "SELECT status, error FROM run") == "status,error\ninterrupted,\n");
  Run again = begin_sample(store);
  CHECK_FALSE(again.finished());
  CHECK(again.unit_done("target 0"));
  CHECK(rows_of(store, "SELECT status, error FROM run") == "status,error\nrunning,\n");
  write_all_units(again);
  CHECK(rows_of(store, kAllRows) == rows_of_undisturbed_run());
}

TEST_CASE("how work ended is noted before its exception goes on") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  CHECK_THROWS_AS(run.execute([] { fail("expected more, found less"); }), Error);
  CHECK(rows_of(store, "SELECT status, error FROM run").find("found less") != std::string::npos);
  CHECK_THROWS_AS(run.execute([] { throw Interrupted(); }), Interrupted);
  CHECK(rows_of(store, "SELECT status FROM run").find("interrupted") != std::string::npos);
  CHECK_FALSE(run.finished());
  run.execute([] {});
  CHECK(run.finished());
}

TEST_CASE("a unit whose writing throws leaves nothing") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  CHECK_THAT(error_text([&] {
               run.write_unit("nan", [](UnitWriter& writer) {
                 const std::int64_t cell = cell_in(writer, clean_cell());
                 writer.add(cell, scan_of(0, 1));
                 writer.add(cell, scan_of(1, std::numeric_limits<double>::quiet_NaN()));
               });
             }),
             Catch::Contains("NaN"));
  CHECK_THAT(error_text([&] {
               run.write_unit("twice", [](UnitWriter& writer) {
                 const std::int64_t cell = cell_in(writer, clean_cell());
                 writer.add(cell, scan_of(0, 1));
                 writer.add(cell, scan_of(0, 1));
               });
             }),
             Catch::Contains("contradict each other"));
  CHECK(store.database().integer("SELECT count(*) FROM score_cell") == 0);
  CHECK_FALSE(run.unit_done("nan"));
  CHECK(run.write_unit("after", [](UnitWriter& w) { write_sample_unit(w, 0, [](int) {}); }));
}

TEST_CASE("a cell that fits no kind of test set is a bug of ours") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  SampleCell sample = mixed_cell("0", 30);
  sample.cell.kind = GENERATE("null", "individual", "other");
  CHECK_THROWS_AS(run.write_unit("x", [&](UnitWriter& writer) { cell_in(writer, sample); }), std::logic_error);
}

TEST_CASE("every kind of row can be written and read") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  run.write_unit("all", [](UnitWriter& writer) {
    const DatasetRow dataset{"d1", "cifar10", "test", 10000};
    const ModelRow model{"m1", "resnet20", "cifar10", 0.91, "epochs=20"};
    for (int i = 0; i < 2; ++i) writer.add(dataset);
    for (int i = 0; i < 2; ++i) writer.add(model);
    writer.add(ArtifactRow{"a1", "adversarial", 12, "a1.npy"});
    AttackSetRow set{"m1", "d1", "bim:epsilon=0.02"};
    set.target = "3";
    set.n_candidates = 900;
    set.n_kept = 891;
    set.success_rate = 0.99;
    set.mean_linf = 0.02;
    set.artifact = "a1";
    writer.add(set);
    writer.add(ShapeCheckRow{"precision rises", false, "0.3, 0.2"});
    writer.add(ShapeCheckRow{"precision rises", true, "0.2, 0.3"});
    ScanRow row = scan_of(1, 1507.25);
    row.n_selected = 1;
    row.n_selected_anomalous = 0;
    writer.add(cell_in(writer, alone_cell(clean_set())), row);
    const std::int64_t attacked = cell_in(writer, alone_cell(attacked_set("0")));
    writer.add_scores(attacked, {0.25, 0.5});
    writer.add(attacked, DetectionRow{"auroc", 0.9, 0.8, 0.95, 200});
  });
  CHECK(rows_of(store, "SELECT name, part, n, sha256 FROM dataset") ==
        "name,part,n,sha256\ncifar10,test,10000,d1\n");
  CHECK(rows_of(store, "SELECT network, test_accuracy FROM model") ==
        "network,test_accuracy\nresnet20,0.91\n");
  CHECK(rows_of(store,
                "SELECT target, n_kept, mean_l2, mean_linf, path FROM attack_set JOIN"
                " artifact ON sha256 = artifact") ==
        "target,n_kept,mean_l2,mean_linf,path\n3,891,,0.02,a1.npy\n");
  CHECK(rows_of(store, "SELECT metric, value, ci_low, ci_high, n, set_kind, target FROM metric") ==
        "metric,value,ci_low,ci_high,n,set_kind,target\nauroc,0.9,0.8,0.95,200,adversarial,0\n");
  CHECK(rows_of(store, "SELECT passed, detail FROM shape_check") ==
        "passed,detail\n1,\"0.2, 0.3\"\n");
  CHECK(rows_of(store,
                "SELECT kind, replicate, input, n_inputs, score, alpha, precision, recall,"
                " best_start, milliseconds FROM scan WHERE input_set = 'clean'") ==
        "kind,replicate,input,n_inputs,score,alpha,precision,recall,best_start,milliseconds\n"
        "individual,,9002,1,1507.25,0.25,,,,1.5\n");
  CHECK(rows_of(
            store,
            "SELECT set_kind, source, label, predicted, success, score FROM input_score WHERE input_set <> 'clean'") ==
        "set_kind,source,label,predicted,success,score\nadversarial,9001,3,0,1,0.25\nadversarial,9002,5,0,1,0.5\n");
}

TEST_CASE("a set of inputs is written once, whatever scores it") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  for (const char* unit : {"a", "b"}) {
    run.write_unit(unit, [&](UnitWriter& writer) {
      SampleCell sample = alone_cell(attacked_set("0"));
      sample.cell.part = unit;
      writer.add_scores(cell_in(writer, sample), {1, 2});
    });
  }
  CHECK(rows_of(store,
                "SELECT (SELECT count(*) FROM input_set) AS sets, (SELECT sum(n) FROM input_set) AS n, (SELECT "
                "count(*) FROM input) AS inputs, (SELECT count(*) FROM score_cell) AS cells, (SELECT count(*) FROM "
                "score) AS scores") ==
        "sets,n,inputs,cells,scores\n1,2,2,2,4\n");
  InputSetRow other = attacked_set("0");
  other.inputs.pop_back();
  CHECK_THROWS_AS(run.write_unit("c", [&](UnitWriter& writer) { writer.input_set(other); }), std::logic_error);
}

TEST_CASE("options are asked for by name, of detectors, attacks and parameters") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  RunKey key = sample_key();
  key.parameters = {{"attacks", "fgsm:epsilon=0.1+bim:epsilon=0.2,steps=3"},
                    {"dataset", "cifar10"},
                    {"detector", "forest:base=[pca:keep=0.9,whiten=true],layers=conv1+conv2,trees=10"},
                    {"layers", "conv1+conv2"}};
  Run run = store.begin_run(key, provenance(), 1);
  CHECK(rows_of(store, "SELECT key, value FROM run_option WHERE key NOT IN (SELECT key FROM param) ORDER BY key") ==
        "key,value\nattacks.0.epsilon,0.1\nattacks.0.name,fgsm\nattacks.1.epsilon,0.2\nattacks.1.name,bim\nattacks.1."
        "steps,3\n"
        "detector.base,\"[pca:keep=0.9,whiten=true]\"\ndetector.base.0.keep,0.9\ndetector.base.0.name,pca\ndetector."
        "base.0.whiten,true\n"
        "detector.layers,conv1+conv2\ndetector.name,forest\ndetector.trees,10\n");
  run.write_unit("x", [](UnitWriter& writer) { cell_in(writer, mixed_cell("0", 50)); });
  CHECK(rows_of(store,
                "SELECT c.detector, c.detector_spec, o.value FROM cell AS c JOIN spec_option AS o ON o.spec = c.attack "
                "AND o.key = 'epsilon'") == "detector,detector_spec,value\nsubset-scan,subset-scan:tails=upper,0.02\n");
}

TEST_CASE("precision and recall follow from the counts, and the time is no result") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  run.write_unit("x", [](UnitWriter& writer) {
    const std::int64_t cell = cell_in(writer, mixed_cell("All", 50));
    writer.add(cell, scan_of(0, 12));  // 20 returned, 5 of them anomalous
    ScanRow empty;
    empty.item = 1;
    writer.add(cell, empty);
  });
  CHECK(rows_of(store, "SELECT target, anomalous_fraction, precision, recall FROM scan") ==
        "target,anomalous_fraction,precision,recall\nAll,0.1,0.25,0.1\nAll,0.1,,0\n");
  CHECK_THAT(rows_of(store, "SELECT * FROM scan_result"), !Catch::Contains("seconds"));
}

TEST_CASE("a store that was deleted or replaced under a run is noticed") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  ResultStore store = ResultStore::open(path);
  Run run = begin_sample(store);
  fs::rename(path, folder / "moved.sqlite");
  SECTION("deleted") {}
  SECTION("replaced") { ResultStore other = ResultStore::open(path); }
  CHECK_THAT(error_text([&] { run.write_unit("x", [](UnitWriter&) {}); }),
             Catch::Contains("deleted or replaced") && Catch::Contains("store.sqlite"));
}

TEST_CASE("a hundred thousand scans are written as one unit") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  const auto start = std::chrono::steady_clock::now();
  run.write_unit("many", [](UnitWriter& writer) {
    for (int target = 0; target < 10; ++target) {
      const std::int64_t cell = cell_in(writer, mixed_cell(std::to_string(target), 50));
      for (int i = 0; i < 10'000; ++i) writer.add(cell, scan_of(i, i));
    }
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  CHECK(store.database().integer("SELECT count(*) FROM scan") == 100'000);
  WARN(fmt::format("100,000 scans in {:.2f} s", seconds.count()));
}

TEST_CASE("a run of changed sources keeps the difference to their commit, one of a clean tree does not") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "s.sqlite");
  Provenance changed = provenance();
  changed.diff = "--- a/x\n+++ b/x\n";
  const Run run = store.begin_run(sample_key(), changed, 1);
  const std::string input =
      "SELECT count(*) AS n FROM run_input WHERE role = 'source diff' AND run = '" + run.uid() + "'";
  CHECK(rows_of(store, input) == "n\n1\n");
  const std::string file = rows_of(store, "SELECT path FROM artifact WHERE kind = 'source diff'");
  CHECK(read_file(folder / "artifacts" / file.substr(5, file.size() - 6)) == changed.diff);
  store.begin_run(sample_key(), changed, 1);  // again
  RunKey other = sample_key();
  other.seed = 3;
  Provenance clean = provenance();
  clean.diff.clear();
  store.begin_run(other, clean, 1);
  CHECK(rows_of(store, "SELECT count(*) AS n FROM run_input WHERE role = 'source diff'") == "n\n1\n");
}

TEST_CASE("between transactions nothing lies in the log, where another file at the store's path would get it") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  ResultStore store = ResultStore::open(path);
  const auto log = path.string() + "-wal";
  Run run = begin_sample(store);
  CHECK(fs::file_size(log) == 0);
  run.write_unit("a", [](UnitWriter& writer) { writer.add(cell_in(writer, clean_cell()), scan_of(0, 1)); });
  CHECK(fs::file_size(log) == 0);
  fs::copy_file(path, folder / "copy.sqlite");
  ResultStore copy = ResultStore::open_read_only(folder / "copy.sqlite");
  CHECK(copy.database().integer("SELECT count(*) FROM unit") == 1);
}

TEST_CASE("a store moved away under a run has every unit, and the one put in its place is left as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite", moved = folder / "moved.sqlite", other = folder / "other.sqlite";
  { ResultStore::open(other); }
  ResultStore store = ResultStore::open(path);
  Run run = begin_sample(store);
  const auto write = [](UnitWriter& writer) { writer.add(cell_in(writer, clean_cell()), scan_of(0, 1)); };
  {
    Database reader(path, Database::Access::ReadOnly);
    Statement reading = reader.prepare("SELECT uid FROM run");
    REQUIRE(reading.step());  // while it is at work the log cannot be emptied
    run.write_unit("a", write);
  }
  REQUIRE(fs::file_size(path.string() + "-wal") > 0);
  fs::rename(path, moved);
  fs::copy_file(other, path);
  CHECK_THAT(error_text([&] { run.write_unit("b", write); }), Catch::Contains("deleted or replaced"));
  CHECK(ResultStore::open(path).database().integer("SELECT count(*) FROM unit") == 0);
  CHECK(ResultStore::open_read_only(moved).database().integer("SELECT count(*) FROM unit") == 1);
}

TEST_CASE("what stopped a run is told even when the store is gone as well") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  ResultStore store = ResultStore::open(path);
  Run run = begin_sample(store);
  CHECK(error_text([&] {
          run.execute([&] {
            fs::remove(path);
            fail("the first problem");
          });
        }) == "the first problem");
}

}  // namespace
}  // namespace deepmine
