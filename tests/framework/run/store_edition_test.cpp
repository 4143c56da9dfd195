#include "framework/run/store_edition.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <functional>

#include "framework/core/file.h"
#include "tests/framework/run/sample_units.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

/// As `cp` does: the file stays the same one and gets another content.
void write_over(const fs::path& file, const std::string& content) { std::ofstream(file, std::ios::binary | std::ios::trunc) << content; }

void write_unit(Run& run, int unit) {
  run.write_unit(unit_name(unit), [&](UnitWriter& writer) { write_sample_unit(writer, unit, [](int) {}); });
}

/// What is said of a unit that is written after `content` was put over the store, which stays as it is. `reading`: somebody
/// reads meanwhile, so that units are in the log.
std::string refusal_after(const std::function<std::string(const fs::path& store)>& content, bool reading) {
  const TemporaryFolder folder;
  const fs::path path = folder / "store.sqlite";
  std::string put, text;
  {
    ResultStore store = ResultStore::open(path);
    Run run = begin_sample(store);
    write_unit(run, 0);
    put = content(path);
    Database reader(path, Database::Access::ReadOnly);
    Statement rows = reader.prepare("SELECT uid FROM run");
    if (reading) REQUIRE(rows.step());
    write_unit(run, 1);
    CHECK((fs::file_size(path.string() + "-wal") > 0) == reading);
    write_over(path, put);
    text = error_text([&] { write_unit(run, 2); });
    CHECK_THAT(error_text([&] { run.fail("x"); }), Contains("written over it"));
  }
  CHECK(read_file(path) == put);
  return text;
}

TEST_CASE("a store that another one or an older copy was written over gets no row and changes nothing of it") {
  const TemporaryFolder folder;
  const auto other = [&](const fs::path&) {
    { ResultStore::open(folder / "other.sqlite"); }
    return read_file(folder / "other.sqlite");
  };
  const auto older = [](const fs::path& store) { return read_file(store); };
  const auto foreign = [](const fs::path&) { return std::string(300'000, 'x'); };
  for (const bool reading : {false, true}) {
    CAPTURE(reading);
    CHECK_THAT(refusal_after(other, reading), Contains("store.sqlite: expected the content that was opened, found that something else"));
    CHECK_THAT(refusal_after(foreign, reading), Contains("found that something else was written over it"));
  }
  CHECK_THAT(refusal_after(older, false), Contains("found that an older copy was written over it"));
}

/// A store with a run begun.
struct OpenStore {
  TemporaryFolder folder;
  fs::path path = folder / "store.sqlite";
  ResultStore store = ResultStore::open(path);
  Run run = begin_sample(store);
};

// With a rollback journal the file gets what is not committed yet, so that only one's own commits tell its age.
TEST_CASE("with a rollback journal an older copy than the last write of one's own is told") {
  OpenStore open;
  open.store.database().execute("PRAGMA journal_mode = DELETE");
  write_unit(open.run, 0);
  const std::string older = read_file(open.path);
  write_unit(open.run, 1);
  write_over(open.path, older);
  CHECK_THAT(error_text([&] { write_unit(open.run, 2); }), Contains("found that an older copy was written over it"));
  CHECK(read_file(open.path) == older);
}

TEST_CASE("with a rollback journal writes that were taken back make no older copy") {
  OpenStore open;
  open.store.database().execute("PRAGMA journal_mode = DELETE");
  write_unit(open.run, 0);
  EditionWatch watch;
  watch.begin(open.store.database());
  const std::int64_t committed = open.store.database().integer("SELECT value FROM store_info WHERE name = 'writes'");
  {
    Database other(open.path);
    other.execute("PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE store_info SET value = value + 1 WHERE name = 'writes';"
                  "CREATE TABLE filling (x); INSERT INTO filling SELECT randomblob(3000) FROM scan_result LIMIT 200");
    const std::string file = read_file(open.path);
    CHECK(file.find("writes" + std::to_string(committed + 1)) != std::string::npos);  // it is there already
    CHECK(watch.replaced_by(open.store.database()).empty());
    other.execute("ROLLBACK");
  }
  CHECK(watch.replaced_by(open.store.database()).empty());
  write_unit(open.run, 1);
}

TEST_CASE("committing says when the file holds it, which it does unless somebody reads") {
  const TemporaryFolder folder;
  Database database(folder / "store.sqlite");
  database.choose_journal();
  const auto commit = [&](const char* sql) {
    Transaction transaction(database);
    database.execute(sql);
    return transaction.commit();
  };
  CHECK(commit("CREATE TABLE t (x)"));
  CHECK(commit("INSERT INTO t VALUES (1), (2)"));
  Database reader(folder / "store.sqlite", Database::Access::ReadOnly);
  Statement rows = reader.prepare("SELECT x FROM t");
  REQUIRE(rows.step());
  CHECK_FALSE(commit("INSERT INTO t VALUES (3)"));
  rows.reset();
  CHECK(commit("INSERT INTO t VALUES (4)"));
}

TEST_CASE("the log of a store that a link leads to is given up, too") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "place");
  const fs::path path = folder / "place" / "store.sqlite", link = folder / "link.sqlite";
  { ResultStore::open(path); }
  fs::create_symlink(path, link);
  const std::string put(300'000, 'x');
  {
    ResultStore store = ResultStore::open(link);
    Run run = begin_sample(store);
    Database reader(path, Database::Access::ReadOnly);
    Statement rows = reader.prepare("SELECT uid FROM run");
    REQUIRE(rows.step());
    write_unit(run, 0);
    REQUIRE(fs::file_size(path.string() + "-wal") > 0);
    write_over(path, put);
    CHECK_THAT(error_text([&] { write_unit(run, 1); }), Contains("written over it"));
    CHECK(fs::file_size(path.string() + "-wal") == 0);
  }
  CHECK(read_file(path) == put);
}

TEST_CASE("others may write to a store between two units") {
  const TemporaryFolder folder;
  ResultStore one = ResultStore::open(folder / "store.sqlite"), two = ResultStore::open(folder / "store.sqlite");
  Run first = begin_sample(one), second = begin_sample(two);
  for (int unit = 0; unit < kUnits; ++unit) write_unit(unit % 2 == 0 ? first : second, unit);
  first.finish();
  CHECK(rows_of(two, kAllRows) == rows_of_undisturbed_run());
}

TEST_CASE("a store that another process has put in order by VACUUM is the same store") {
  const TemporaryFolder folder;
  const fs::path path = folder / "store.sqlite";
  ResultStore store = ResultStore::open(path);
  Run run = begin_sample(store);
  const auto page = [&] { return Database(path).integer("SELECT rootpage FROM sqlite_schema WHERE name = 'store_info'"); };
  const std::int64_t before = page();
  write_unit(run, 0);
  { Database(path).execute("VACUUM"); }
  CHECK(page() != before);
  write_all_units(run);
  CHECK(rows_of(store, kAllRows) == rows_of_undisturbed_run());
}

/// While it lives, SQLite does this instead of sleeping.
class InsteadOfSleeping {
 public:
  explicit InsteadOfSleeping(std::function<void()> action) : system_(sqlite3_vfs_find(nullptr)), sleep_(system_->xSleep) {
    action_ = std::move(action);
    system_->xSleep = [](sqlite3_vfs*, int microseconds) {
      action_();
      return microseconds;
    };
  }
  ~InsteadOfSleeping() { system_->xSleep = sleep_; }
  InsteadOfSleeping(const InsteadOfSleeping&) = delete;
  InsteadOfSleeping& operator=(const InsteadOfSleeping&) = delete;

 private:
  inline static std::function<void()> action_;
  sqlite3_vfs* system_;
  decltype(sqlite3_vfs::xSleep) sleep_;
};

// As the checkpoint of another process's VACUUM changes it: something else is where the page was, and it comes last.
TEST_CASE("a page that is missing is looked for as long as the file changes") {
  OpenStore open;
  write_unit(open.run, 0);
  EditionWatch watch;
  watch.begin(open.store.database());
  CHECK(watch.replaced_by(open.store.database()).empty());
  const std::int64_t size = open.store.database().integer("PRAGMA page_size");
  const std::int64_t page = open.store.database().integer("SELECT rootpage FROM sqlite_schema WHERE name = 'store_info'");
  const std::string content = read_file(open.path).substr(static_cast<std::size_t>((page - 1) * size), static_cast<std::size_t>(size));
  const auto put = [&](const std::string& bytes) {
    std::fstream(open.path, std::ios::binary | std::ios::in | std::ios::out).seekp((page - 1) * size) << bytes;
  };
  constexpr int kChanges = 50;
  int looks = 0;
  const InsteadOfSleeping change([&] {
    if (++looks < kChanges) fs::last_write_time(open.path, fs::last_write_time(open.path) + std::chrono::seconds(1));
    if (looks == kChanges) put(content);
  });
  put(std::string(content.size(), 'x'));
  CHECK(watch.replaced_by(open.store.database()).empty());
  CHECK(looks == kChanges);
  // A file that is quiet is what it is.
  put(std::string(content.size(), 'x'));
  CHECK(watch.replaced_by(open.store.database()) == "something else");
  CHECK(looks < kChanges + 10);
  put(content);
}

TEST_CASE("the edition is read from the page that holds it, and from no other and no damaged one") {
  const TemporaryFolder folder;
  const fs::path path = folder / "store.sqlite";
  std::string id;
  std::int64_t page = 0, writes = 0;
  {
    ResultStore store = ResultStore::open(path);
    begin_sample(store);
    page = store.database().integer("SELECT rootpage FROM sqlite_schema WHERE name = 'store_info'");
    writes = store.database().integer("SELECT value FROM store_info WHERE name = 'writes'");
    Statement found = store.database().prepare("SELECT value FROM store_info WHERE name = 'id'");
    REQUIRE(found.step());
    id = found.text(0);
  }
  CHECK(id.size() == 32);
  CHECK(writes == 1);
  const std::string content = read_file(path);
  constexpr std::size_t kPage = 4096;
  for (std::size_t i = 0; i < content.size() / kPage; ++i) {
    const StoreEdition edition = parse_edition(std::string_view(content).substr(i * kPage, kPage));
    const bool right = i + 1 == static_cast<std::size_t>(page);
    CHECK(edition.id == (right ? id : ""));
    CHECK(edition.writes == (right ? writes : -1));
  }
  // Any byte may be anything.
  const std::string sound = content.substr(static_cast<std::size_t>(page - 1) * kPage, kPage);
  for (std::size_t at = 0; at < kPage; ++at) {
    for (const char with : {'\0', '\x7f', '\xff'}) {
      std::string damaged = sound;
      damaged[at] = with;
      CHECK(parse_edition(damaged).id.size() <= kPage);
    }
  }
  for (std::size_t size = 0; size < 64; ++size) CHECK(parse_edition(sound.substr(0, size)).id.empty());
}

}  // namespace
}  // namespace deepmine
