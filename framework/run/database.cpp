#include "framework/run/database.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/core/write_problem.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kPatience{60'000}, kPatienceAfterSignal{2000};

/// Keys that come twice or lead nowhere: our statements do not write such, so the file was changed by something else.
bool is_contradiction(int code) {
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID ||
         code == SQLITE_CONSTRAINT_FOREIGNKEY;
}

/// What is wrong and what helps, for the failures the user can mend; empty for the others.
std::string_view cure_of(int code) {
  if (is_contradiction(code)) {
    return "its rows contradict each other, as those of a damaged file do; restore a copy or name another --store, and "
           "report it should that not help";
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "the disk is full; free some space or name another --store, then repeat the command: "
             "finished units are kept";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "it cannot be written; give yourself write permission for the file and its folder, or "
             "name another --store";
    case SQLITE_CANTOPEN:
      return "it cannot be opened; check that the path exists and its folder may be written, or "
             "name another --store";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process kept it locked for a minute; end that process or wait, then repeat "
             "the command";
    case SQLITE_CORRUPT:
      return "its content is damaged; restore a copy, or save what is readable with sqlite3's "
             ".recover";
    case SQLITE_NOTADB:
      return "expected an SQLite file, found something else; name another --store";
    case SQLITE_IOERR:
      return "the disk failed to read or write it; check the disk, then repeat the command: "
             "finished units are kept";
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
      return "a statement cannot be run on it; check the statement, or restore the store if its "
             "tables were changed by hand";
    default:
      return {};
  }
}

/// The system's number for a limit on the size of files, or for a quota, where that kept SQLite from writing: it takes
/// both for a failing disk, and its own calls afterwards may hide the number.
int size_problem(int code, sqlite3* handle) {
  if ((code & 0xff) != SQLITE_IOERR) return 0;
  const int error = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  if (error == EFBIG || error == EDQUOT) return error;
  const bool writing = code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_TRUNCATE || code == SQLITE_IOERR_SHMSIZE ||
                       code == SQLITE_IOERR_SHMMAP;
  struct rlimit limit {};
  return writing && ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? EFBIG : 0;
}

}  // namespace

Database::Database(fs::path path, Access access) : path_(std::move(path)), patience_(kPatience) {
  if (access == Access::ReadWrite) {
    open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, false);
    return;
  }
  // Read-only users still take part in the log's bookkeeping where they may, so that the last one
  // tidies it away. Where the folder cannot be written nobody else writes either.
  try {
    open(SQLITE_OPEN_READWRITE, false);
    integer("SELECT count(*) FROM sqlite_schema");
  } catch (const Error&) {
    const bool writers_possible = fs::exists(beside(path_, "-wal")) || !fs::exists(path_);
    close();
    if (writers_possible) throw;
    open(SQLITE_OPEN_READONLY, true);
  }
  heed_interrupts(true);
}

Database::~Database() { close(); }

void Database::open(int flags, bool immutable) {
  const std::string name = uri(path_) + (immutable ? "?immutable=1" : "");
  const int code = sqlite3_open_v2(name.c_str(), &handle_, flags | SQLITE_OPEN_URI, nullptr);
  try {
    if (code != SQLITE_OK) fail_with(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_handler(handle_, wait_for_lock, this);
    execute("PRAGMA foreign_keys = ON");
  } catch (...) {
    close();
    throw;
  }
}

void Database::close() {
  cache_.clear();
  sqlite3_close(std::exchange(handle_, nullptr));
}

/// SQLite's busy handler: whether to try again. The time is that of the present wait.
int Database::wait_for_lock(void* database, int tries) {
  auto& self = *static_cast<Database*>(database);
  if (tries == 0) self.waiting_since_ = Clock::now();
  const bool hurried = interrupted() && !self.insists_;
  const auto patience = hurried ? std::min<Clock::duration>(self.patience_, kPatienceAfterSignal) : self.patience_;
  if (Clock::now() - self.waiting_since_ >= patience) return 0;
  constexpr int kLongestPauseMs = 50;
  sqlite3_sleep(std::min(tries + 1, kLongestPauseMs));
  return 1;
}

void Database::fail_with(int code) const {
  const bool waited = (code & 0xff) == SQLITE_BUSY;
  if ((waited && interrupted()) || code == SQLITE_INTERRUPT) throw Interrupted();
  const char* message = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  if (const int error = size_problem(code, handle_); error != 0) {
    fail("store {}: it may not grow: {}, or name another --store, then repeat the command: finished units are kept",
         path_.string(), write_problem(error));
  }
  const std::string_view cure = cure_of(code);
  if (!cure.empty()) fail("store {}: {} (SQLite: {})", path_.string(), cure, message);
  throw std::logic_error(fmt::format("store {}: {} ({})", path_.string(), message, code));
}

fs::path Database::beside(const fs::path& path, std::string_view ending) {
  std::error_code missing;
  const fs::path real = fs::weakly_canonical(path, missing);
  return (missing ? path : real).string() + std::string(ending);
}

std::string Database::uri(const fs::path& path) {
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      uri += c;
    }
  }
  return uri;
}

Statement Database::prepare(std::string_view sql) { return {*this, sql}; }

Statement& Database::cached(std::string_view sql) {
  auto found = cache_.find(sql);
  if (found == cache_.end()) found = cache_.emplace(sql, Statement(*this, sql)).first;
  found->second.reset();
  return found->second;
}

void Database::execute(std::string_view sql) {
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail_with(code);
}

std::int64_t Database::integer(std::string_view sql) {
  Statement query = prepare(sql);
  if (!query.step()) throw std::logic_error(fmt::format("no row from: {}", sql));
  return query.integer(0);
}

void Database::choose_journal() {
  struct statfs file_system = {};
  const fs::path folder = fs::absolute(path_).parent_path();
  const bool known = ::statfs(folder.c_str(), &file_system) == 0;
  const bool network = known && is_network_file_system(file_system.f_type);
  const char* sql = network ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL";
  // Changing the mode needs the file for itself, and SQLite does not wait for that on its own.
  const auto deadline = Clock::now() + kPatience;
  int code = SQLITE_OK;
  do {
    code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) sqlite3_sleep(1);
  } while ((code & 0xff) == SQLITE_BUSY && Clock::now() < deadline && !interrupted());
  if (code != SQLITE_OK) fail_with(code);
  execute(network ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

bool Database::empty_log(std::chrono::milliseconds patience) {
  patience_ = patience;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  patience_ = kPatience;
  return code == SQLITE_OK;
}

void Database::heed_interrupts(bool heed) const {
  constexpr int kInstructions = 100'000;  // a millisecond or so
  const auto stop = [](void*) { return interrupted() ? 1 : 0; };
  sqlite3_progress_handler(handle_, heed ? kInstructions : 0, heed ? +stop : nullptr, nullptr);
}

InterruptibleStatements::InterruptibleStatements(Database& database) : database_(database) {
  if (!interrupted()) database_.heed_interrupts(true);
}

InterruptibleStatements::~InterruptibleStatements() { database_.heed_interrupts(false); }

Transaction::Transaction(Database& database) : database_(database) {
  database_.cached("BEGIN IMMEDIATE").run();
}

Transaction::~Transaction() {
  if (!open_ || sqlite3_get_autocommit(database_.handle()) != 0) return;
  sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.cached("COMMIT").run();
  open_ = false;
  database_.empty_log();
}

bool is_network_file_system(std::int64_t type) {
  switch (static_cast<std::uint32_t>(type)) {
    case 0x00006969u:  // NFS
    case 0x0000517bu:  // SMB
    case 0xff534d42u:  // CIFS
    case 0xfe534d42u:  // SMB2
    case 0x0bd00bd0u:  // Lustre
    case 0x47504653u:  // GPFS
    case 0x19830326u:  // BeeGFS
    case 0x00c36400u:  // Ceph
    case 0x5346414fu:  // AFS
    case 0x01021997u:  // 9P
    case 0x65735546u:  // FUSE: sshfs and many others
      return true;
    default:
      return false;
  }
}

}  // namespace deepmine
