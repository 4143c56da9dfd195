#pragma once

#include <filesystem>

#include "framework/run/database.h"

namespace deepmine {

/// SQLite's application id of our files ("deep" in ASCII) and the version of results/schema.sql.
constexpr int kStoreApplicationId = 0x64656570;
constexpr int kStoreVersion = 2;

/// Throws `Error` unless `path` is a store this program can read, or for `may_be_missing` does not
/// exist or is empty. Touches neither the file nor its folder.
void check_store_file(const std::filesystem::path& path, bool may_be_missing);

/// Makes the store's tables when the file is empty, and its views and published cells this
/// program's. Safe when many processes open a new file at once.
void prepare_store(Database& database);

/// The same views and cells as temporary objects of this connection, for files opened read-only.
void prepare_reading(Database& database);

}  // namespace deepmine
