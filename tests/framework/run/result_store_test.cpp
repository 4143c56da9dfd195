#include "framework/run/result_store.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <limits>

#include "tests/framework/run/sample_run.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

constexpr int kUnits = 6;
constexpr int kRowsPerUnit = 300;

std::string unit_name(int unit) { return fmt::format("target {}", unit); }

/// One unit of made-up scans; `before_row` is called in front of every row and at the end.
template <typename Hook>
void write_sample_unit(UnitWriter& writer, int unit, Hook before_row) {
  const std::int64_t cell = writer.cell(mixed_cell(std::to_string(unit), 50));
  for (int i = 0; i < kRowsPerUnit; ++i) {
    before_row(i);
    ScanRow row = scan_of(i, 1000.0 / (1 + unit * kRowsPerUnit + i));
    row.start_scores = {row.score, row.score / 2};
    writer.add(cell, row);
  }
  before_row(kRowsPerUnit);
}

void write_all_units(Run& run) {
  for (int unit = 0; unit < kUnits; ++unit) {
    if (run.unit_done(unit_name(unit))) continue;
    run.write_unit(unit_name(unit),
                   [&](UnitWriter& writer) { write_sample_unit(writer, unit, [](int) {}); });
  }
  run.finish();
}

const char* const kAllRows = "SELECT * FROM scan_result ORDER BY target, replicate";

std::string rows_of_undisturbed_run() {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  write_all_units(run);
  return rows_of(store, kAllRows);
}

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
        "key,value\nalpha_max,0.5\nrestarts,5\n");
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

TEST_CASE("a unit whose writing throws leaves nothing") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  CHECK_THAT(error_text([&] {
               run.write_unit("nan", [](UnitWriter& writer) {
                 const std::int64_t cell = writer.cell(clean_cell());
                 writer.add(cell, scan_of(0, 1));
                 writer.add(cell, scan_of(1, std::numeric_limits<double>::quiet_NaN()));
               });
             }),
             Catch::Contains("NaN"));
  CHECK_THROWS_AS(run.write_unit("twice",
                                 [](UnitWriter& writer) {
                                   const std::int64_t cell = writer.cell(clean_cell());
                                   writer.add(cell, scan_of(0, 1));
                                   writer.add(cell, scan_of(0, 1));
                                 }),
                  std::logic_error);
  CHECK(store.database().integer("SELECT count(*) FROM scan_cell") == 0);
  CHECK_FALSE(run.unit_done("nan"));
  CHECK(run.write_unit("after", [](UnitWriter& w) { write_sample_unit(w, 0, [](int) {}); }));
}

TEST_CASE("a cell that fits no kind of test set is a bug of ours") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  ScanCell cell = mixed_cell("0", 30);
  cell.kind = GENERATE("null", "individual", "other");
  CHECK_THROWS_AS(run.write_unit("x", [&](UnitWriter& writer) { writer.cell(cell); }),
                  std::logic_error);
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
    DetectionRow power;
    power.layer = "conv";
    power.kind = "mixed";
    power.noised_fraction = 0.1;
    power.metric = "auroc";
    power.value = 0.9;
    power.ci_low = 0.8;
    power.ci_high = 0.95;
    power.n = 200;
    writer.add(power);
    writer.add(ShapeCheckRow{"precision rises", false, "0.3, 0.2"});
    writer.add(ShapeCheckRow{"precision rises", true, "0.2, 0.3"});
    ScanCell alone;
    alone.layer = "conv";
    alone.kind = "individual";
    alone.n_inputs = 1;
    ScanRow row = scan_of(9123, 1507.25);
    row.n_selected = 1;
    row.n_selected_noised = 0;
    writer.add(writer.cell(alone), row);
  });
  CHECK(rows_of(store, "SELECT name, part, n, sha256 FROM dataset") ==
        "name,part,n,sha256\ncifar10,test,10000,d1\n");
  CHECK(rows_of(store, "SELECT network, test_accuracy FROM model") ==
        "network,test_accuracy\nresnet20,0.91\n");
  CHECK(rows_of(store,
                "SELECT target, n_kept, mean_l2, mean_linf, path FROM attack_set JOIN"
                " artifact ON sha256 = artifact") ==
        "target,n_kept,mean_l2,mean_linf,path\n3,891,,0.02,a1.npy\n");
  CHECK(rows_of(store, "SELECT metric, value, ci_low, ci_high, n, target FROM detection") ==
        "metric,value,ci_low,ci_high,n,target\nauroc,0.9,0.8,0.95,200,\n");
  CHECK(rows_of(store, "SELECT passed, detail FROM shape_check") ==
        "passed,detail\n1,\"0.2, 0.3\"\n");
  CHECK(rows_of(store,
                "SELECT kind, replicate, input, n_inputs, score, alpha, precision, recall,"
                " best_start, milliseconds FROM scan") ==
        "kind,replicate,input,n_inputs,score,alpha,precision,recall,best_start,milliseconds\n"
        "individual,,9123,1,1507.25,0.25,,,,1.5\n");
}

TEST_CASE("precision and recall follow from the counts, and the time is no result") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  run.write_unit("x", [](UnitWriter& writer) {
    const std::int64_t cell = writer.cell(mixed_cell("All", 50));
    writer.add(cell, scan_of(0, 12));  // 20 returned, 5 of them noised
    ScanRow empty;
    empty.item = 1;
    writer.add(cell, empty);
  });
  CHECK(rows_of(store, "SELECT target, noised_fraction, precision, recall FROM scan") ==
        "target,noised_fraction,precision,recall\nAll,0.1,0.25,0.1\nAll,0.1,,0\n");
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

TEST_CASE("eight processes lose no row and write no unit twice") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  constexpr int kProcesses = 8;
  constexpr int kOwnUnits = 20;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(in_process([&] {
      ResultStore store = ResultStore::open(path);
      Run run = begin_sample(store);
      for (int i = 0; i < kOwnUnits; ++i) {
        const auto write = [&](const std::string& target) {
          return [=](UnitWriter& writer) {
            const std::int64_t cell = writer.cell(mixed_cell(target, 50));
            for (int row = 0; row < 20; ++row) writer.add(cell, scan_of(row, row));
          };
        };
        run.write_unit(fmt::format("{} {}", process, i), write(fmt::format("{} {}", process, i)));
        run.write_unit(fmt::format("shared {}", i), write(fmt::format("shared {}", i)));
      }
      return 0;
    }));
  }
  for (const pid_t child : children) CHECK(result_of(child) == 0);
  ResultStore store = ResultStore::open_read_only(path);
  CHECK(store.database().integer("SELECT count(*) FROM run") == 1);
  CHECK(store.database().integer("SELECT count(*) FROM unit") == (kProcesses + 1) * kOwnUnits);
  CHECK(store.database().integer("SELECT count(*) FROM scan") == (kProcesses + 1) * kOwnUnits * 20);
}

/// Whole units only, no damage; then the run is continued to the rows of an undisturbed one.
void check_continues(const fs::path& path, const std::string& undisturbed) {
  ResultStore store = ResultStore::open(path);
  CHECK(rows_of(store, "PRAGMA integrity_check") == "integrity_check\nok\n");
  CHECK(rows_of(store, "PRAGMA foreign_key_check") == "table,rowid,parent,fkid\n");
  CHECK(store.database().integer("SELECT count(*) FROM scan") ==
        kRowsPerUnit * store.database().integer("SELECT count(*) FROM unit"));
  CHECK(store.database().integer("SELECT count(*) FROM start_score") ==
        2 * store.database().integer("SELECT count(*) FROM scan"));
  Run run = begin_sample(store);
  write_all_units(run);
  CHECK(rows_of(store, kAllRows) == undisturbed);
}

int die(void*) { return ::raise(SIGKILL); }

TEST_CASE(
    "a run killed at any row of a unit keeps whole units only and continues to the same rows") {
  const std::string undisturbed = rows_of_undisturbed_run();
  const int last_unit = GENERATE(0, 2, kUnits - 1);
  const int last_row = GENERATE(0, 1, 150, kRowsPerUnit - 1, kRowsPerUnit, -1);
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  const pid_t child = in_process([&] {
    ResultStore store = ResultStore::open(path);
    store.database().execute("PRAGMA cache_size = 5");  // rows reach the file before the commit
    Run run = begin_sample(store);
    for (int unit = 0; unit < kUnits; ++unit) {
      if (unit == last_unit && last_row < 0) {
        sqlite3_commit_hook(store.database().handle(), die, nullptr);
      }
      run.write_unit(unit_name(unit), [&](UnitWriter& writer) {
        write_sample_unit(writer, unit, [&](int row) {
          if (unit == last_unit && row == last_row) ::raise(SIGKILL);
        });
      });
    }
    return 1;
  });
  REQUIRE(result_of(child) == -SIGKILL);
  check_continues(path, undisturbed);
}

TEST_CASE("a run killed from outside keeps whole units only and continues to the same rows") {
  const std::string undisturbed = rows_of_undisturbed_run();
  for (int signs_of_life = 1; signs_of_life <= 12; ++signs_of_life) {
    const TemporaryFolder folder;
    const auto path = folder / "store.sqlite";
    int life[2];
    REQUIRE(::pipe(life) == 0);
    const pid_t child = in_process([&] {
      ResultStore store = ResultStore::open(path);
      Run run = begin_sample(store);
      for (int unit = 0; unit < kUnits; ++unit) {
        const auto sign = [&](int row) {
          if (row % kRowsPerUnit == 0 && ::write(life[1], "x", 1) != 1) ::_exit(1);
        };
        run.write_unit(unit_name(unit),
                       [&](UnitWriter& writer) { write_sample_unit(writer, unit, sign); });
      }
      ::pause();
      return 1;
    });
    char byte = 0;
    for (int i = 0; i < signs_of_life; ++i) REQUIRE(::read(life[0], &byte, 1) == 1);
    ::kill(child, SIGKILL);
    CHECK(result_of(child) == -SIGKILL);
    ::close(life[0]);
    ::close(life[1]);
    check_continues(path, undisturbed);
  }
}

TEST_CASE("a hundred thousand scans are written as one unit") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  const auto start = std::chrono::steady_clock::now();
  run.write_unit("many", [](UnitWriter& writer) {
    for (int target = 0; target < 10; ++target) {
      const std::int64_t cell = writer.cell(mixed_cell(std::to_string(target), 50));
      for (int i = 0; i < 10'000; ++i) writer.add(cell, scan_of(i, i));
    }
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  CHECK(store.database().integer("SELECT count(*) FROM scan") == 100'000);
  WARN(fmt::format("100,000 scans in {:.2f} s", seconds.count()));
}

}  // namespace
}  // namespace deepmine
