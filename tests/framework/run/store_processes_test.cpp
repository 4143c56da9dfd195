#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "framework/run/result_store.h"
#include "tests/framework/run/sample_units.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

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

}  // namespace
}  // namespace deepmine
