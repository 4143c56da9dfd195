#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "framework/run/statement.h"

struct sqlite3;

namespace deepmine {

/// One connection to an SQLite file. Failures that the user can mend (disk full, file read-only,
/// damaged or locked for a minute, statement that cannot be read, rows whose keys contradict each other) throw `Error`
/// naming the file and the cure; values that break a constraint are bugs of ours and throw `std::logic_error`.
class Database {
 public:
  enum class Access { ReadWrite, ReadOnly };

  /// Opens `path`, creating it for `ReadWrite`. Waits up to a minute for locks, after a signal two seconds, and then
  /// throws `Interrupted`; foreign keys are on. A read-only connection leaves no file behind, works in folders that
  /// cannot be written, and its statements end with `Interrupted` when a signal comes.
  explicit Database(std::filesystem::path path, Access access = Access::ReadWrite);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Compiles one statement; the caller keeps it.
  Statement prepare(std::string_view sql);
  /// The same, compiled once per connection and text, reset and without parameters.
  Statement& cached(std::string_view sql);
  /// Runs statements that give no rows, separated by `;`.
  void execute(std::string_view sql);
  /// The single value of a query that gives one row.
  std::int64_t integer(std::string_view sql);

  /// Write-ahead log, or the rollback journal where the file system is reached over a network (the
  /// log's shared memory does not work there). Repeats while another process holds the file.
  void choose_journal();

  /// Moves what the log holds into the file, unless another process is at work for longer than `patience`; true only
  /// where the file holds everything committed before. A log that is left behind would be played into whatever lies at
  /// the store's path by then: another store was damaged so.
  bool empty_log(std::chrono::milliseconds patience = {});
  /// Whether statements end with `Interrupted` soon after a signal came.
  void heed_interrupts(bool heed) const;
  /// Whether waits for locks are as long after a signal as before, since what is to be written would be lost.
  void insist(bool insist) { insists_ = insist; }

  const std::filesystem::path& path() const { return path_; }
  sqlite3* handle() const { return handle_; }
  /// The file that SQLite keeps beside `path`, "-wal" or "-journal"; beside what a link leads to.
  static std::filesystem::path beside(const std::filesystem::path& path, std::string_view ending);
  /// `path` as an SQLite URI, to which options can be appended.
  static std::string uri(const std::filesystem::path& path);
  /// Throws what `code`, a result of SQLite's, means to the user.
  [[noreturn]] void fail_with(int code) const;

 private:
  using Clock = std::chrono::steady_clock;

  void open(int flags, bool immutable);
  void close();
  static int wait_for_lock(void* database, int tries);

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
  Clock::duration patience_;
  Clock::time_point waiting_since_;
  bool insists_ = false;
  std::map<std::string, Statement, std::less<>> cache_;
};

/// A write transaction: `BEGIN IMMEDIATE`, so that it waits for other writers at its start and
/// never fails in its middle for a lock. Rolled back unless `commit` was called.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// The file holds it by then, unless somebody reads: then the log does.
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

/// While it lives, long statements end with `Interrupted` soon after a signal came. What is begun after the signal goes
/// on: so a process keeps what it has.
class InterruptibleStatements {
 public:
  explicit InterruptibleStatements(Database& database);
  ~InterruptibleStatements();
  InterruptibleStatements(const InterruptibleStatements&) = delete;
  InterruptibleStatements& operator=(const InterruptibleStatements&) = delete;

 private:
  Database& database_;
};

/// Whether `type`, a file system's magic number as statfs(2) gives it, may be reached over a
/// network.
bool is_network_file_system(std::int64_t type);

}  // namespace deepmine
