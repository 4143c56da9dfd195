#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "framework/core/file.h"
#include "framework/run/result_store.h"
#include "tests/framework/run/sample_units.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

constexpr int kProcesses = 16;
constexpr int kOwnUnits = 20;
constexpr int kRows = 20;

void write_unit_of_rows(Run& run, const std::string& name) {
  run.write_unit(name, [&](UnitWriter& writer) {
    const std::int64_t cell = cell_in(writer, mixed_cell(name, 50));
    for (int row = 0; row < kRows; ++row) writer.add(cell, scan_of(row, row));
  });
}

/// Units of its own, and units that every process wants to write.
void write_own_and_shared(ResultStore& store, int process) {
  Run run = begin_sample(store);
  for (int i = 0; i < kOwnUnits; ++i) {
    write_unit_of_rows(run, fmt::format("{} {}", process, i));
    write_unit_of_rows(run, fmt::format("shared {}", i));
  }
}

std::string digest_of(ResultStore& store) {
  return sha256(rows_of(store, "SELECT * FROM scan_result ORDER BY target, replicate") +
                rows_of(store, "SELECT run, name FROM unit ORDER BY name"));
}

/// Reads again and again, for the last time after there is a file `over`. Ends with 0 when it saw all units then, and
/// never part of one or fewer than before.
int read_until(const fs::path& over, const fs::path& path) {
  std::int64_t before = 0;
  for (bool last = false; !last;) {
    last = fs::exists(over);
    ResultStore store = ResultStore::open_read_only(path);
    store.database().execute("BEGIN");
    const std::int64_t units = store.database().integer("SELECT count(*) FROM unit");
    if (units < before || store.database().integer("SELECT count(*) FROM scan") != units * kRows) return 1;
    before = units;
    std::this_thread::yield();
  }
  return before == (kProcesses + 1) * kOwnUnits ? 0 : 2;
}

TEST_CASE("sixteen processes that write and one that reads lose no row, write no unit twice and see whole units only") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  { ResultStore::open(path); }
  const pid_t reader = in_process([&] { return read_until(folder / "over", path); });
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(in_process([&] {
      ResultStore store = ResultStore::open(path);
      write_own_and_shared(store, process);
      return 0;
    }));
  }
  for (const pid_t child : children) CHECK(result_of(child) == 0);
  write_file(folder / "over", "");
  CHECK(result_of(reader) == 0);
  ResultStore store = ResultStore::open_read_only(path), alone = ResultStore::open(folder / "alone.sqlite");
  CHECK(store.database().integer("SELECT count(*) FROM run") == 1);
  CHECK(store.database().integer("SELECT count(*) FROM unit") == (kProcesses + 1) * kOwnUnits);
  CHECK(store.database().integer("SELECT count(*) FROM scan") == (kProcesses + 1) * kOwnUnits * kRows);
  for (int process = 0; process < kProcesses; ++process) write_own_and_shared(alone, process);
  CHECK(digest_of(store) == digest_of(alone));
  CHECK(rows_of(store, "PRAGMA integrity_check") == "integrity_check\nok\n");
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

}  // namespace
}  // namespace deepmine
