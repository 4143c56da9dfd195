#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "framework/run/database.h"
#include "framework/run/provenance.h"
#include "framework/run/run.h"
#include "framework/run/run_key.h"

namespace deepmine {

/// The SQLite file that holds every number: runs, their rows and the papers' cells. The schema with
/// the meaning of each column is results/schema.sql; any number of processes may write at once.
///
/// Opening throws `Error`, and leaves the file byte for byte as it was, when it is no SQLite file,
/// not a store of ours, or one of a newer version.
class ResultStore {
 public:
  /// Creates the file and its folder when they are missing, and brings the views and the published
  /// cells up to this program's.
  static ResultStore open(const std::filesystem::path& path) { return {path, Access::ReadWrite}; }
  /// Only reads an existing file; views and published cells are this program's.
  static ResultStore open_read_only(const std::filesystem::path& path) {
    return {path, Access::ReadOnly};
  }

  /// The run of that key: written as running with its parameters before any work, continued when it
  /// is present but unfinished, left alone when it is finished (`Run::finished`). `command` is the
  /// command line, for readers. Where the program was built from changed sources, the difference to its commit is
  /// written to the folder of artifacts, and stands among the run's inputs as `source diff`.
  /// Throws `Error` when the run is not the one that `share` is of.
  Run begin_run(const RunKey& key, const Provenance& provenance, int threads,
                const std::string& command = {}, const Share& share = {});

  /// Where files that belong to runs are written; `artifacts` beside the store unless said.
  void keep_files_in(std::filesystem::path folder) { artifacts_ = std::move(folder); }

  /// From now on `action` is called after each unit that this process has written.
  void after_each_unit(std::function<void()> action) { after_unit_ = std::move(action); }
  void tell_unit_written() const {
    if (after_unit_) after_unit_();
  }

  Database& database() { return database_; }

 private:
  friend class StoreTransaction;
  using Access = Database::Access;
  struct FileId {
    std::uint64_t device = 0, inode = 0;
    bool operator==(const FileId& o) const { return device == o.device && inode == o.inode; }
  };
  ResultStore(const std::filesystem::path& path, Access access);
  FileId file_id() const;
  void check_file();

  Database database_;
  FileId opened_;
  std::filesystem::path artifacts_;
  std::function<void()> after_unit_;
};

/// A write transaction on a store, see `Transaction`. Throws `Error` when the path no longer leads to the file that was
/// opened, whose rows would be lost.
class StoreTransaction {
 public:
  explicit StoreTransaction(ResultStore& store);
  void commit() { transaction_.commit(); }

 private:
  Transaction transaction_;
};

}  // namespace deepmine
