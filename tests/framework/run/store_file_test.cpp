#include "framework/run/store_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "framework/run/merge.h"
#include "tests/framework/run/sample_run.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

/// Refuses `path` for writing and reading, with the text in both messages, and leaves it as it was.
void check_refused(const fs::path& path, const std::string& text) {
  const std::string before = read_file(path);
  CHECK_THAT(error_text([&] { ResultStore::open(path); }), Catch::Contains(text));
  CHECK_THAT(error_text([&] { ResultStore::open_read_only(path); }), Catch::Contains(text));
  CHECK(read_file(path) == before);
  CHECK(names_in(path.parent_path()) == std::vector<std::string>{path.filename()});
}

TEST_CASE("opening creates the store and its folder, with the views and the papers' cells") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "new" / "folder" / "store.sqlite";
  ResultStore store = ResultStore::open(path);
  CHECK(fs::exists(path));
  CHECK(store.database().integer("PRAGMA application_id") == kStoreApplicationId);
  CHECK(store.database().integer("PRAGMA user_version") == kStoreVersion);
  CHECK(store.database().integer("PRAGMA foreign_keys") == 1);
  CHECK(store.database().integer("SELECT count(*) FROM published") > 0);
  CHECK(rows_of(store, "PRAGMA journal_mode") == "journal_mode\nwal\n");
  CHECK(rows_of(store,
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE"
                " '%STRICT%' AND name NOT LIKE 'sqlite_%'") == "name\n");
}

TEST_CASE("an empty file becomes a store") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  write_file(path, "");
  CHECK_NOTHROW(ResultStore::open(path));
  CHECK_NOTHROW(ResultStore::open_read_only(path));
}

TEST_CASE("a store leaves no file beside it when the last one closes") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  { ResultStore store = ResultStore::open(path); }
  CHECK(names_in(folder.path()) == std::vector<std::string>{"store.sqlite"});
  const std::string before = read_file(path);
  {
    ResultStore store = ResultStore::open_read_only(path);
    CHECK(store.database().integer("SELECT count(*) FROM deep_mining_table1") == 0);
  }
  CHECK(names_in(folder.path()) == std::vector<std::string>{"store.sqlite"});
  CHECK(read_file(path) == before);
}

TEST_CASE("reading needs an existing store and cannot write") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  CHECK_THAT(error_text([&] { ResultStore::open_read_only(path); }),
             Catch::Contains("run an experiment first"));
  CHECK_FALSE(fs::exists(path));
  { ResultStore store = ResultStore::open(path); }
  ResultStore store = ResultStore::open_read_only(path);
  CHECK_THAT(error_text([&] { begin_sample(store); }), Catch::Contains("cannot be written"));
}

TEST_CASE("a file that is not SQLite's is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string bytes =
      GENERATE(as<std::string>{}, "x", "some,text\n", std::string(100'000, '\0'));
  const auto path = folder / "file.csv";
  write_file(path, bytes);
  check_refused(path, "expected an SQLite file");
}

TEST_CASE("an empty file is no store to read") {
  const TemporaryFolder folder;
  write_file(folder / "empty", "");
  CHECK_THAT(error_text([&] { ResultStore::open_read_only(folder / "empty"); }),
             Catch::Contains("expected an SQLite file"));
}

TEST_CASE("another program's SQLite file is refused and left as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "other.sqlite";
  const std::string mode = GENERATE("WAL", "DELETE");
  {
    Database other(path);
    other.execute("PRAGMA journal_mode = " + mode + "; CREATE TABLE run (x)");
  }
  check_refused(path, "another program's");
}

TEST_CASE("a store of a newer version is refused and left as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  { ResultStore store = ResultStore::open(path); }
  Database(path).execute("PRAGMA user_version = 3");
  check_refused(path, "newer version 3");
}

TEST_CASE("a store of version 1 is refused with the commit whose program prints it, and left as it was") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  { ResultStore store = ResultStore::open(path); }
  Database(path).execute("PRAGMA user_version = 1");
  check_refused(path,
                "found version 1; name another --store: the program of commit b4950d0 prints its tables, and "
                "results/reference/from-version-1.sh converts it");
  ResultStore target = ResultStore::open(folder / "all" / "all.sqlite");
  CHECK_THAT(error_text([&] { merge_store(target, path); }),
             Catch::Contains("the program of commit b4950d0 prints its tables"));
}

TEST_CASE("a store with a damaged page is not written, and names its cure") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  { ResultStore store = ResultStore::open(path); }
  std::string bytes = read_file(path);
  constexpr std::size_t kPage = 4096;
  const std::size_t last = bytes.size() / kPage - 1;  // nothing that opening a store reads
  bytes[last * kPage] = static_cast<char>(bytes[last * kPage] ^ 8);
  write_file(path, bytes);
  CHECK_THAT(error_text([&] { ResultStore::open(path); }), Catch::Contains("damaged") && Catch::Contains(".recover"));
  CHECK(read_file(path) == bytes);
}

TEST_CASE("a folder is no store") {
  const TemporaryFolder folder;
  CHECK_THAT(error_text([&] { ResultStore::open(folder.path()); }), Catch::Contains("folder"));
}

TEST_CASE("views and cells of another version of the program are replaced") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  { ResultStore store = ResultStore::open(path); }
  Database(path).execute(
      "DROP VIEW scan; CREATE VIEW scan AS SELECT 1 AS old; DELETE FROM published;"
      "UPDATE store_info SET value = 'older'");
  {
    ResultStore store = ResultStore::open_read_only(path);
    CHECK(store.database().integer("SELECT count(score) FROM scan") == 0);
    CHECK(store.database().integer("SELECT count(*) FROM published") > 0);
    CHECK(store.database().integer("SELECT count(*) FROM main.published") == 0);
  }
  ResultStore store = ResultStore::open(path);
  CHECK(store.database().integer("SELECT count(score) FROM main.scan") == 0);
  CHECK(store.database().integer("SELECT count(*) FROM main.published") > 0);
}

TEST_CASE("a store in a folder that cannot be written can be read but not written") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  {
    ResultStore store = ResultStore::open(path);
    begin_sample(store);
  }
  ::chmod(path.c_str(), 0444);
  ::chmod(folder.path().c_str(), 0555);
  const pid_t child = in_process([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;  // root could write everywhere
    ResultStore reader = ResultStore::open_read_only(path);
    if (reader.database().integer("SELECT count(*) FROM run") != 1) return 2;
    const std::string text = error_text([&] { ResultStore::open(path); });
    if (text.find("cannot be written") == std::string::npos) return 3;
    const std::string fresh = error_text([&] { ResultStore::open(folder / "fresh.sqlite"); });
    return fresh.find("cannot be opened") == std::string::npos ? 4 : 0;
  });
  CHECK(result_of(child) == 0);
  ::chmod(folder.path().c_str(), 0755);
}

TEST_CASE("twelve processes may open a new store at once") {
  const TemporaryFolder folder;
  for (int round = 0; round < 10; ++round) {
    const auto path = folder / fmt::format("store{}.sqlite", round);
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 12; ++i) {
      children.push_back(in_process([&] {
        ::close(gate[1]);
        char byte = 0;
        if (::read(gate[0], &byte, 1) != 0) return 1;  // returns when the parent closes its end
        ResultStore store = ResultStore::open(path);
        return store.database().integer("SELECT count(*) > 0 FROM published") == 1 ? 0 : 2;
      }));
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t child : children) CHECK(result_of(child) == 0);
  }
}

}  // namespace
}  // namespace deepmine
