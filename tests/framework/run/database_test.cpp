#include "framework/run/database.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <functional>
#include <limits>

#include "framework/core/interrupt.h"
#include "tests/framework/run/sample_run.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("every kind of value comes back as it was bound") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  Statement query = database.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7");
  const std::int64_t large = std::numeric_limits<std::int64_t>::min();
  query.bind(large, 0.1, std::string("a\0b", 3), std::nullopt, std::optional<double>(),
             std::optional<std::string>("x"), true);
  REQUIRE(query.step());
  CHECK(query.columns() == 7);
  CHECK(query.value(0) == Value(large));
  CHECK(query.value(1) == Value(0.1));
  CHECK(query.value(2) == Value(std::string("a\0b", 3)));
  CHECK(query.value(3) == Value());
  CHECK(query.optional_real(4) == std::nullopt);
  CHECK(query.optional_text(5) == "x");
  CHECK(query.integer(6) == 1);
  CHECK_FALSE(query.step());
}

TEST_CASE("texts in SQL are those that they were") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  const std::string text = "it's ''quoted'' \"or\" not; -- ' OR 1";
  Statement row = database.prepare("SELECT " + sql_text(text));
  REQUIRE(row.step());
  CHECK(row.text(0) == text);
  CHECK(sql_text({"a", "b'c"}) == "'a', 'b''c'");
  CHECK(sql_text(std::vector<std::string>{}).empty());
}

TEST_CASE("NaN is refused, infinity is kept") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  Statement query = database.prepare("SELECT ?1");
  CHECK_THAT(error_text([&] { query.bind(kNaN); }), Catch::Contains("NaN"));
  CHECK_THAT(error_text([&] { query.bind(std::optional(kNaN)); }), Catch::Contains("NaN"));
  CHECK_THAT(error_text([&] { query.bind(Value(kNaN)); }), Catch::Contains("NaN"));
  query.bind(-HUGE_VAL).step();
  CHECK(query.real(0) == -HUGE_VAL);
}

TEST_CASE("a transaction that is not committed leaves nothing") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  database.execute("CREATE TABLE t (x INTEGER) STRICT");
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1)");
  }
  CHECK(database.integer("SELECT count(*) FROM t") == 0);
  {
    Transaction transaction(database);
    database.execute("INSERT INTO t VALUES (1)");
    transaction.commit();
  }
  CHECK(database.integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a statement that cannot be read is an error that quotes SQLite") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  CHECK_THAT(error_text([&] { database.prepare("SELECT x FROM nowhere"); }),
             Catch::Contains("nowhere") && Catch::Contains("a.sqlite"));
}

TEST_CASE("a value that breaks a constraint is a bug of ours, keys that contradict each other are damage") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  database.execute(
      "CREATE TABLE t (x INTEGER PRIMARY KEY CHECK (x > 0), y INTEGER REFERENCES t (x)) STRICT; INSERT INTO t VALUES "
      "(1, 1)");
  CHECK_THROWS_AS(database.execute("INSERT INTO t VALUES (0, 1)"), std::logic_error);
  CHECK_THROWS_AS(database.execute("INSERT INTO t VALUES ('x', 1)"), std::logic_error);
  for (const char* sql : {"INSERT INTO t VALUES (1, 1)", "INSERT INTO t VALUES (2, 3)"}) {
    CHECK_THAT(error_text([&] { database.execute(sql); }), Catch::Contains("a.sqlite: its rows contradict each other"));
  }
}

/// What ends after `handler` has seen a signal: 0 when `act` threw `Interrupted` within so many seconds.
int interrupted_within(double seconds, const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  try {
    act();
  } catch (const Interrupted&) {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    return taken.count() < seconds ? 0 : 1;
  }
  return 2;
}

TEST_CASE("a signal ends the wait for a lock, and long statements of who only reads") {
  const TemporaryFolder folder;
  const auto path = folder / "a.sqlite";
  Database holder(path);
  holder.execute("CREATE TABLE t (x)");
  holder.choose_journal();
  Transaction held(holder);
  const pid_t waiting = in_process([&] {
    install_interrupt_handlers();
    Database database(path);
    ::raise(SIGTERM);
    return interrupted_within(10, [&] { Transaction transaction(database); });  // a minute otherwise
  });
  CHECK(result_of(waiting) == 0);
  const pid_t reading = in_process([&] {
    install_interrupt_handlers();
    Database database(path, Database::Access::ReadOnly);
    ::raise(SIGUSR1);
    return interrupted_within(10, [&] {
      database.integer("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n");
    });
  });
  CHECK(result_of(reading) == 0);
}

TEST_CASE("long statements end with a signal where that is asked for, what is begun after it goes on") {
  const TemporaryFolder folder;
  const char* count =
      "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000000) SELECT count(*) FROM n";
  const pid_t child = in_process([&] {
    install_interrupt_handlers();
    Database database(folder / "a.sqlite");
    {
      const InterruptibleStatements before(database);
      ::raise(SIGTERM);
      if (interrupted_within(60, [&] { database.integer(count); }) != 0) return 1;
    }
    const InterruptibleStatements after(database);
    return database.integer(count) == 1'000'000 ? 0 : 2;
  });
  CHECK(result_of(child) == 0);
}

TEST_CASE("a full disk says so and keeps what was committed") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  database.execute("CREATE TABLE t (x TEXT) STRICT; INSERT INTO t VALUES ('kept')");
  database.execute("PRAGMA max_page_count = 10");
  const std::string text = error_text([&] {
    Transaction transaction(database);
    database.prepare("INSERT INTO t VALUES (?1)").bind(std::string(100'000, 'x')).run();
    transaction.commit();
  });
  CHECK_THAT(text, Catch::Contains("disk is full") && Catch::Contains("a.sqlite"));
  CHECK(database.integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a full file system says so and a run continues once there is room") {
  const TemporaryFolder folder;
  const auto path = folder / "store.sqlite";
  const pid_t child = in_process([&] {
    // A file system of 1 MiB that only this process sees.
    if (::unshare(CLONE_NEWNS) != 0) return 77;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (::mount("none", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) return 77;
    ResultStore store = ResultStore::open(path);
    Run run = begin_sample(store);
    const auto unit = [&](int rows) {
      return [=](UnitWriter& writer) {
        const std::int64_t cell = cell_in(writer, mixed_cell("0", 50));
        for (int i = 0; i < rows; ++i) writer.add(cell, scan_of(i, i));
      };
    };
    const std::string text = error_text([&] { run.write_unit("large", unit(100'000)); });
    if (text.find("disk is full") == std::string::npos) return 1;
    if (run.unit_done("large")) return 2;
    if (!run.write_unit("small", unit(10))) return 3;
    return store.database().integer("SELECT count(*) FROM scan") == 10 ? 0 : 4;
  });
  const int result = result_of(child);
  if (result == 77) {
    WARN("SKIPPED: mounting a small file system is not permitted here");
  } else {
    CHECK(result == 0);
  }
}

TEST_CASE("a file that may not grow says so and keeps what was committed") {
  const TemporaryFolder folder;
  const auto path = folder / "a.sqlite";
  Database(path).execute("CREATE TABLE t (x TEXT) STRICT; INSERT INTO t VALUES ('kept')");
  const pid_t child = in_process([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {50'000, 50'000};  // bytes that any file may have
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Database database(path);
    const std::string text = error_text([&] {
      Transaction transaction(database);
      database.prepare("INSERT INTO t VALUES (?1)").bind(std::string(100'000, 'x')).run();
      transaction.commit();
    });
    return text.find("it may not grow: File too large") != std::string::npos ? 0 : 1;
  });
  CHECK(result_of(child) == 0);
  CHECK(Database(path).integer("SELECT count(*) FROM t") == 1);
}

TEST_CASE("a damaged file says so") {
  const TemporaryFolder folder;
  const auto path = folder / "a.sqlite";
  Database(path).execute("CREATE TABLE t (x TEXT) STRICT; INSERT INTO t VALUES ('x')");
  std::FILE* file = std::fopen(path.c_str(), "r+b");
  std::fseek(file, 4096, SEEK_SET);  // the table's page
  const std::string garbage(4096, '\xff');
  std::fwrite(garbage.data(), 1, garbage.size(), file);
  std::fclose(file);
  CHECK_THAT(error_text([&] { Database(path).integer("SELECT count(x) FROM t"); }),
             Catch::Contains("damaged"));
}

TEST_CASE("paths may hold the characters that URIs reserve") {
  const TemporaryFolder folder;
  const auto path = folder / "50% of #1?.sqlite";
  Database(path).execute("CREATE TABLE t (x TEXT) STRICT");
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("the rollback journal serves network file systems") {
  CHECK(is_network_file_system(0x6969));
  CHECK(is_network_file_system(static_cast<std::int32_t>(0xff534d42)));  // some kernels sign it
  CHECK_FALSE(is_network_file_system(0xef53));                           // ext4
}

}  // namespace
}  // namespace deepmine
