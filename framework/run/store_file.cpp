#include "framework/run/store_file.h"

#include <sqlite3.h>

#include <memory>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/run/embedded.h"
#include "framework/run/published.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

struct Header {
  std::int64_t application_id = 0;
  std::int64_t version = 0;
};

Header header_of(Database& database) {
  return {database.integer("PRAGMA application_id"), database.integer("PRAGMA user_version")};
}

void check_header(const Header& header, const fs::path& path) {
  ensure(header.application_id == kStoreApplicationId,
         "store {}: expected a results store, found another program's SQLite file "
         "(application id {}); "
         "name another --store",
         path.string(), header.application_id);
  ensure(header.version <= kStoreVersion,
         "store {}: expected version {} of the results store, found the newer version {}; use the "
         "program that wrote it, or name another --store",
         path.string(), kStoreVersion, header.version);
  ensure(header.version == kStoreVersion,
         "store {}: expected version {} of the results store, found version {}; name another --store: the program of "
         "commit b4950d0 prints its tables, and results/reference/from-version-1.sh converts it",
         path.string(), kStoreVersion, header.version);
}

/// The 100 bytes in front of every SQLite file. They are read through SQLite because a mere close()
/// of the file would drop the locks of this process's other connections.
std::string read_header(const fs::path& path) {
  sqlite3* handle = nullptr;
  sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> owner(handle, sqlite3_close);
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  ensure(
      file != nullptr && file->pMethods != nullptr,
      "store {}: expected a file that can be read, found none; check the path and its permissions",
      path.string());
  std::string bytes(100, '\0');
  const int code = file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0);
  ensure(code == SQLITE_OK,
         "store {}: expected an SQLite file, found one that is shorter than its "
         "header; name another --store",
         path.string());
  return bytes;
}

std::int64_t big_endian(std::string_view bytes, std::size_t at) {
  std::int64_t value = 0;
  for (const char c : bytes.substr(at, 4)) value = value * 256 + static_cast<unsigned char>(c);
  return value;
}

/// SQLite takes what is missing of the last page for zeros. While something is in a log or a journal the file may be in
/// work.
void check_length(std::string_view header, const fs::path& path) {
  constexpr std::int64_t kLargestPage = 65536;  // written as 1
  const std::int64_t written = big_endian(header, 16) >> 16, page = written == 1 ? kLargestPage : written;
  std::error_code none;
  for (const char* beside : {"-wal", "-journal"}) {
    if (const auto size = fs::file_size(Database::beside(path, beside), none); !none && size > 0) return;
  }
  const auto size = static_cast<std::int64_t>(fs::file_size(path));
  ensure(page > 0 && size % page == 0,
         "store {}: its content is damaged; restore a copy, or save what is readable with sqlite3's .recover "
         "(expected whole pages of {} bytes, found {} bytes)",
         path.string(), page, size);
}

template <typename Action>
void for_each_view(Action action) {
  constexpr std::string_view kFolder = "views/";
  constexpr std::string_view kEnd = ".sql";
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name.substr(0, kFolder.size()) != kFolder) continue;
    std::string_view name = file.name.substr(kFolder.size());
    action(std::string(name.substr(0, name.size() - kEnd.size())), file.text);
  }
}

std::string contents_checksum() {
  std::string all;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name != "schema.sql") all += fmt::format("{} {}\n", file.name, sha256(file.text));
  }
  return sha256(all);
}

void create_tables(Database& database) {
  database.execute(embedded_file("schema.sql"));
  database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                               kStoreApplicationId, kStoreVersion));
}

void refresh_contents(Database& database) {
  const std::string wanted = contents_checksum();
  Statement query = database.prepare("SELECT value FROM store_info WHERE name = 'contents'");
  if (query.step() && query.text(0) == wanted) return;
  query.reset();
  for_each_view([&](const std::string& name, std::string_view sql) {
    database.execute(fmt::format("DROP VIEW IF EXISTS \"{}\"", name));
    database.execute(sql);
  });
  load_published(database, published_cells());
  database.prepare("INSERT OR REPLACE INTO store_info VALUES ('contents', ?1)").bind(wanted).run();
}

/// Damage to the file's structure is told before anything is written into it: rows added to a damaged table may be
/// lost. A check reads the whole file, 40 MB a second, so very large stores go without.
void check_structure(Database& database) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 26;
  if (database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size") > kLargest) return;
  Statement check = database.prepare("PRAGMA quick_check(1)");
  const std::string found = check.step() ? check.text(0) : "no answer";
  ensure(
      found == "ok",
      "store {}: its content is damaged; restore a copy, or save what is readable with sqlite3's .recover (SQLite: {})",
      database.path().string(), found.substr(found.rfind('\n') + 1));
}

}  // namespace

void check_store_file(const fs::path& path, bool may_be_missing) {
  const bool missing = !fs::exists(path);
  ensure(may_be_missing || !missing,
         "store {}: expected an existing file, found none; run an experiment first or name another "
         "--store",
         path.string());
  if (missing) return;
  ensure(!fs::is_directory(path), "store {}: expected a file, found a folder; name another --store",
         path.string());
  if (may_be_missing && fs::file_size(path) == 0) return;
  const std::string header = read_header(path);
  ensure(header.compare(0, 16, std::string("SQLite format 3\0", 16)) == 0,
         "store {}: expected an SQLite file, found something else; name another --store",
         path.string());
  check_header({big_endian(header, 68), big_endian(header, 60)}, path);
  check_length(header, path);
}

void prepare_store(Database& database) {
  check_structure(database);
  {
    Transaction transaction(database);
    const bool empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
    if (empty) create_tables(database);
    check_header(header_of(database), database.path());
    refresh_contents(database);
    transaction.commit();
  }
  database.choose_journal();
}

void prepare_reading(Database& database) {
  check_header(header_of(database), database.path());
  database.execute("CREATE TEMP TABLE published AS SELECT * FROM main.published WHERE 0");
  load_published(database, published_cells());
  for_each_view([&](const std::string&, std::string_view sql) {
    const std::size_t at = sql.find("CREATE VIEW ");
    database.execute(fmt::format("CREATE TEMP VIEW {}", sql.substr(at + 12)));
  });
  database.execute("PRAGMA query_only = ON");
}

}  // namespace deepmine
