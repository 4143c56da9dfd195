#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/end_to_end/program.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {

namespace fs = std::filesystem;

inline bool have_images() { return fs::exists("/usr/share/datasets/fashion-mnist"); }

inline Finished measured(const Words& run) {
  Finished finished = deepmine_run(run);
  INFO(finished.err);
  REQUIRE(finished.code == 0);
  return finished;
}

/// Each row as "value|value|".
inline std::vector<std::string> rows_of(const fs::path& store, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(store.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_busy_timeout(database, 60000);  // the run may be writing, or recovering after a kill
  std::vector<std::string> rows;
  const auto collect = [](void* into, int columns, char** values, char**) {
    std::string row;
    for (int i = 0; i < columns; ++i) row += std::string(values[i] ? values[i] : "null") + "|";
    static_cast<std::vector<std::string>*>(into)->push_back(row);
    return 0;
  };
  REQUIRE(sqlite3_exec(database, sql.c_str(), collect, &rows, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  return rows;
}

/// Starts the run once for each number and kills it when so many units are in its store.
inline void kill_after_units(const Words& run, const fs::path& store, const std::vector<int>& stops) {
  const auto units = [&] {
    if (!fs::exists(store)) return 0;
    const auto tables = rows_of(store, "SELECT name FROM sqlite_master WHERE name = 'unit'");
    return tables.empty() ? 0 : std::stoi(rows_of(store, "SELECT count(*) FROM unit")[0]);
  };
  for (const int stop : stops) {
    Process program(deepmine_words(run), Stdout::kKept);
    program.run_until([&] { return units() >= stop; });
    program.send(SIGKILL);
    program.wait();
  }
}

}  // namespace deepmine
