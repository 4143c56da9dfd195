#include "framework/run/result_store.h"

#include <sys/stat.h>

#include <map>
#include <nlohmann/json.hpp>

#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/folder.h"
#include "framework/run/spec_options.h"
#include "framework/run/store_file.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

/// `path` once it is known to lead to a store, or to nothing where a store may be made.
const fs::path& checked(const fs::path& path, Database::Access access) {
  const bool writing = access == Database::Access::ReadWrite;
  check_store_file(path, writing);
  if (!writing || !path.has_parent_path()) return path;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  ensure(!error, "store {}: its folder cannot be made ({}); name another --store", path.string(),
         error.message());
  return path;
}

void insert_run(Database& database, const std::string& uid, const RunKey& key,
                const Provenance& from) {
  database
      .cached(
          "INSERT INTO run (uid, experiment, profile, status, seed, threads, started, heartbeat,"
          " command, code_version, git_commit, dirty, compiler, flags, libraries, cpu, os)"
          " VALUES (?1, ?2, ?3, 'running', ?4, 0, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), '', '',"
          " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
      .bind(uid, key.experiment, key.profile, std::to_string(key.seed), key.code_version,
            from.commit, from.dirty, from.compiler, from.flags,
            nlohmann::json(from.libraries).dump(), from.cpu, from.os)
      .run();
  for (const auto& [name, value] : key.parameters) {
    database.cached("INSERT INTO param (run, key, value) VALUES (?1, ?2, ?3)")
        .bind(uid, name, value)
        .run();
    if (value.find('=') != std::string::npos) note_options(database, value);
  }
  for (const auto& [role, checksum] : key.inputs) {
    database.cached("INSERT INTO run_input (run, role, sha256) VALUES (?1, ?2, ?3)")
        .bind(uid, role, checksum)
        .run();
  }
}

/// What the sources were built from beside their commit, as a file that outlives the working tree.
void keep_diff(Database& database, const std::string& uid, const std::string& diff, const fs::path& folder) {
  if (diff.empty()) return;
  const std::string checksum = sha256(diff);
  const fs::path file = folder / fmt::format("{}.patch", checksum.substr(0, 24));
  make_folder(folder);
  if (!fs::exists(file)) write_file(file, diff);
  database.cached("INSERT OR IGNORE INTO artifact (sha256, kind, bytes, path) VALUES (?1, 'source diff', ?2, ?3)")
      .bind(checksum, static_cast<std::int64_t>(diff.size()), file.filename().string())
      .run();
  database.cached("INSERT INTO run_input (run, role, sha256) VALUES (?1, 'source diff', ?2)").bind(uid, checksum).run();
}

bool exists(Database& database, const std::string& uid) {
  return database.prepare("SELECT 1 FROM run WHERE uid = ?1").bind(uid).step();
}

using Texts = std::map<std::string, std::string>;

Texts texts_of(Database& database, const char* sql, const std::string& uid) {
  Statement rows = database.prepare(sql);
  rows.bind(uid);
  Texts texts;
  while (rows.step()) texts.emplace(rows.text(0), rows.text(1));
  return texts;
}

/// A run is named by the checksum of its key: where the store says something else of it than the key, it is damaged. It
/// may say more of the inputs.
void check_same(Database& database, const std::string& uid, const RunKey& key) {
  const Texts inputs = texts_of(database, "SELECT role, sha256 FROM run_input WHERE run = ?1", uid);
  bool same = texts_of(database, "SELECT key, value FROM param WHERE run = ?1", uid) ==
              Texts(key.parameters.begin(), key.parameters.end());
  for (const auto& [role, sha256] : key.inputs) {
    const auto found = inputs.find(role);
    same = same && found != inputs.end() && found->second == sha256;
  }
  ensure(same,
         "store {}: expected of run {} the parameters and inputs that it is named after, found others, as in a damaged "
         "file; restore a copy or name another --store",
         database.path().string(), uid);
}

}  // namespace

ResultStore::ResultStore(const fs::path& path, Access access)
    : database_(checked(path, access), access), artifacts_(path.parent_path() / "artifacts") {
  access == Access::ReadWrite ? prepare_store(database_) : prepare_reading(database_);
  opened_ = file_id();
}

ResultStore::FileId ResultStore::file_id() const {
  struct stat status = {};
  if (::stat(database_.path().c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

void ResultStore::check_file() {
  if (file_id() == opened_) return;
  constexpr std::chrono::milliseconds kPatience{1000};
  database_.empty_log(kPatience);  // into the file that was opened, wherever it is now
  fail(
      "store {}: expected the file that was opened, found that it was deleted or replaced since; "
      "put it back, or repeat the command to measure into the new one",
      database_.path().string());
}

StoreTransaction::StoreTransaction(ResultStore& store) : transaction_((store.check_file(), store.database_)) {}

Run ResultStore::begin_run(const RunKey& key, const Provenance& provenance, int threads,
                           const std::string& command, const Share& share) {
  const std::string uid = key.uid();
  share.check(uid, key.inputs);
  StoreTransaction transaction(*this);
  if (exists(database_, uid)) {
    check_same(database_, uid, key);
  } else {
    insert_run(database_, uid, key, provenance);
    keep_diff(database_, uid, provenance.diff, artifacts_);
  }
  database_
      .cached(
          "UPDATE run SET status = 'running', error = NULL, threads = ?2, command = ?3,"
          " heartbeat = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
          " WHERE uid = ?1 AND status <> 'finished'")
      .bind(uid, threads, command)
      .run();
  transaction.commit();
  return {*this, uid, share};
}

}  // namespace deepmine
