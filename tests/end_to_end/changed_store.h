#pragma once

#include "tests/end_to_end/store_rows.h"

namespace deepmine {

inline const fs::path kReference = fs::path(DEEPMINE_SOURCE_DIR) / "results/reference";

/// A copy that may be changed.
inline std::string copy_of(const TemporaryFolder& folder, const fs::path& store) {
  fs::copy_file(store, folder / "copy.sqlite");
  return (folder / "copy.sqlite").string();
}

/// Runs SQL that changes so many rows.
inline void change(const std::string& store, const std::string& sql, int rows = 1) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(store.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_changes(database) == rows);
  sqlite3_close(database);
}

/// The uid of the run.
inline std::string run_of(const fs::path& store, const std::string& where) {
  std::string uid = rows_of(store, "SELECT uid FROM run WHERE " + where).at(0);
  uid.pop_back();
  return uid;
}

}  // namespace deepmine
