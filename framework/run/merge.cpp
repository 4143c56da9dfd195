#include "framework/run/merge.h"

#include <fmt/ranges.h>
#include <sqlite3.h>
#include <unistd.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/core/error.h"
#include "framework/run/store_file.h"

namespace deepmine {
namespace fs = std::filesystem;
namespace {

/// A table whose rows are named by `keys`; the rest of `values` must agree. Both lists are SQL over one row `{}`.
struct KeyedTable {
  std::string name;
  std::vector<const char*> keys;
  std::vector<const char*> values;
  std::string number = {};            ///< column that numbers its rows, anew in each file; if any
  std::string from =
      "part." + name;  ///< what is merged: the shard's rows, with numbers of here where they refer to such
};

/// In an order in which each refers only to those before it.
const std::vector<KeyedTable>& keyed_tables() {
  static const std::vector<KeyedTable> tables{
      {"run", {"uid"}, {"experiment", "profile", "seed", "code_version"}},
      {"param", {"run", "key"}, {"value"}},
      {"spec_option", {"spec", "key"}, {"value"}},
      // Changes of sources on which no result depends may differ: those of here stay.
      {"run_input", {"run", "role"}, {"sha256"}, "",
       "(SELECT * FROM part.run_input WHERE role <> 'source diff' OR (run, role) NOT IN (SELECT run, role FROM "
       "main.run_input))"},
      {"dataset", {"sha256"}, {"n"}},
      {"model", {"sha256"}, {"network", "dataset", "test_accuracy", "recipe"}},
      {"artifact", {"sha256"}, {"kind", "bytes"}},
      {"attack_set",
       {"run", "model", "dataset", "attack", "coalesce({}target, '')"},
       {"n_candidates", "n_kept", "success_rate", "mean_l2", "mean_linf", "artifact"}},
      {"input_set", {"run", "name"}, {"kind", "dataset", "attack", "target", "kept", "n"}, "input_set"},
      {"score_cell",
       {"run", "detector", "layer", "part", "input_set", "coalesce({}n_inputs, 0)", "coalesce({}n_anomalous, 0)"},
       {"kind", "anomalous_fraction"},
       "cell",
       "temp.merged_score_cell"},
      {"shape_check", {"run", "name"}, {"passed", "detail"}},
      {"unit", {"run", "name"}, {}}};
  return tables;
}

/// A table of many rows that belong to one that is numbered.
struct MemberTable {
  std::string name;
  std::string owner;  ///< column with its number
  std::vector<std::string> keys, values;
  bool whole = true;  ///< all of an owner's rows are written at once
};

const std::vector<MemberTable>& member_tables() {
  static const std::vector<MemberTable> tables{
      {"input", "input_set", {"item"}, {"source", "label", "predicted", "success"}},
      {"score", "cell", {"item"}, {"score"}},
      {"scan_detail", "cell", {"item"},
       {"alpha", "n_selected", "n_selected_anomalous", "n_nodes", "n_shared_sources", "best_start", "half_steps"}},
      {"start_score", "cell", {"item", "start"}, {"score"}},
      {"detection", "cell", {"metric"}, {"value", "ci_low", "ci_high", "n"}, false}};
  return tables;
}

/// `column` of the row that `alias` names.
std::string of(std::string_view alias, std::string_view column) {
  const std::size_t place = column.find("{}");
  if (place == std::string_view::npos) return fmt::format("{}.{}", alias, column);
  return fmt::format("{}{}.{}", column.substr(0, place), alias, column.substr(place + 2));
}

std::string same_key(const KeyedTable& table) {
  std::vector<std::string> equal;
  for (const char* key : table.keys) equal.push_back(of("p", key) + " = " + of("m", key));
  return fmt::format("{}", fmt::join(equal, " AND "));
}

/// The stores' columns of a table but `left_out`, as a list.
std::string columns_of(Database& database, const std::string& table, std::string_view alias,
                       std::string_view left_out = {}) {
  Statement rows = database.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid");
  rows.bind(table);
  std::vector<std::string> names;
  while (rows.step()) {
    if (rows.text(0) != left_out) names.push_back(alias.empty() ? rows.text(0) : of(alias, rows.text(0)));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// SQL that names the owner of number `c.here`.
std::string name_of_owner(const MemberTable& table) {
  if (table.owner == "input_set") return "(SELECT run || ', ' || name FROM main.input_set WHERE input_set = c.here)";
  return "(SELECT s.run || ', ' || s.detector || iif(s.part = '', '', ', ' || s.part) || ', ' || s.layer || ', ' || "
         "s.kind || ', ' || i.name || coalesce(', anomalous ' || s.anomalous_fraction, '')"
         " FROM main.score_cell AS s JOIN main.input_set AS i USING (input_set) WHERE s.cell = c.here)";
}

/// SQL on the columns in which rows `m`, here, and `p`, there, differ.
class Differences {
 public:
  explicit Differences(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  std::string any() const {
    return each(" OR ", [](const std::string& column) { return differs(column); });
  }
  /// Names and values of those of `row`; quote() tells numbers apart that differ in the last bit.
  std::string of(const char* row) const {
    return "trim(" + each(" || ", [&](const std::string& column) {
      return fmt::format("iif({0}, '{2} ' || quote({1}.{2}) || ' ', '')", differs(column), row, column);
    }) + ")";
  }

 private:
  static std::string differs(const std::string& column) { return fmt::format("p.{0} IS NOT m.{0}", column); }

  template <typename Text>
  std::string each(const char* between, Text text) const {
    std::vector<std::string> parts;
    for (const std::string& column : columns_) parts.push_back(text(column));
    return fmt::format("{}", fmt::join(parts, between));
  }

  std::vector<std::string> columns_;
};

/// Merges the attached store `part`; `shard` is for messages.
class Merging {
 public:
  Merging(Database& database, const fs::path& shard) : database_(database), shard_(shard) {}

  MergeReport run() {
    report_.n_runs = -count("run");
    report_.n_units = -count("unit");
    for (const KeyedTable& table : keyed_tables()) {
      refuse_conflicts(table);
      copy(table);
    }
    note_parts();
    for (const MemberTable& table : member_tables()) {
      refuse_conflicts(table);
      if (table.whole) refuse_other_counts(table);
      copy(table);
    }
    database_.execute("DROP VIEW temp.merged_score_cell; DROP TABLE temp.merged_input_set; DROP TABLE temp.merged_cell;"
                      " DROP TABLE temp.merged_part");
    finish_runs();
    report_.n_runs += count("run");
    report_.n_units += count("unit");
    return report_;
  }

 private:
  std::int64_t count(const char* table) {
    return database_.integer(fmt::format("SELECT count(*) FROM main.{}", table));
  }

  [[noreturn]] void refuse(std::string_view table, std::string_view row, std::string_view here,
                           std::string_view there) const {
    fail(
        "merge {}: expected equal rows under equal keys, found in {} for {}: {} here and {} there; nothing of it was "
        "merged: were the two measured by the same program and machine?",
        shard_.string(), table, row, here, there);
  }

  void refuse_conflicts(const KeyedTable& table) {
    if (table.values.empty()) return;
    std::vector<std::string> keys;
    for (const char* key : table.keys) keys.push_back(of("p", key));
    const Differences differences({table.values.begin(), table.values.end()});
    Statement found = database_.prepare(
        fmt::format("SELECT {}, {}, {} FROM {} AS p JOIN main.{} AS m ON {} WHERE {} LIMIT 1",
                    fmt::join(keys, " || ', ' || "), differences.of("m"), differences.of("p"), table.from, table.name,
                    same_key(table), differences.any()));
    if (found.step()) refuse(table.name, found.text(0), found.text(1), found.text(2));
  }

  void copy(const KeyedTable& table) {
    const std::int64_t last = table.number.empty() ? 0 : last_number(table);
    database_.execute(fmt::format("INSERT INTO main.{0} ({1}) SELECT {2} FROM {3} AS p WHERE NOT EXISTS"
                                  " (SELECT 1 FROM main.{0} AS m WHERE {4})",
                                  table.name, columns_of(database_, table.name, "", table.number),
                                  columns_of(database_, table.name, "p", table.number), table.from, same_key(table)));
    if (!table.number.empty()) map_numbers(table, last);
  }

  std::int64_t last_number(const KeyedTable& table) {
    return database_.integer(fmt::format("SELECT coalesce(max({}), 0) FROM main.{}", table.number, table.name));
  }

  /// The number here of each row there, and whether it was here before.
  void map_numbers(const KeyedTable& table, std::int64_t last) {
    database_.execute(fmt::format(
        "CREATE TEMP TABLE merged_{0} (there INTEGER PRIMARY KEY, here INTEGER NOT NULL, known INTEGER NOT NULL);"
        " INSERT INTO temp.merged_{0} SELECT p.{0}, m.{0}, m.{0} <= {1} FROM {2} AS p JOIN main.{3} AS m ON {4}",
        table.number, last, table.from, table.name, same_key(table)));
    if (table.number != "input_set") return;
    database_.execute(
        fmt::format("CREATE TEMP VIEW merged_score_cell AS SELECT {}, c.here AS input_set FROM part.score_cell AS p"
                    " JOIN temp.merged_input_set AS c ON c.there = p.input_set",
                    columns_of(database_, "score_cell", "p", "input_set")));
  }

  /// Sets that are scored in parts, of which here or there some are missing: theirs come from many units.
  void note_parts() {
    database_.execute("CREATE TEMP TABLE merged_part AS SELECT c.here FROM temp.merged_input_set AS c"
                      " JOIN main.input_set AS s ON s.input_set = c.here"
                      " WHERE s.n > (SELECT count(*) FROM main.input WHERE input_set = c.here)"
                      " OR s.n > (SELECT count(*) FROM part.input WHERE input_set = c.there)");
  }

  void refuse_conflicts(const MemberTable& table) {
    std::vector<std::string> same{fmt::format("m.{} = c.here", table.owner)}, row;
    for (const std::string& key : table.keys) {
      same.push_back(fmt::format("m.{0} = p.{0}", key));
      row.push_back(fmt::format("'{0} ' || p.{0}", key));
    }
    const Differences differences(table.values);
    Statement found = database_.prepare(fmt::format(
        "SELECT {0} || ', ' || {1}, {2}, {3} FROM temp.merged_{4} AS c CROSS JOIN part.{5} AS p ON p.{4} = c.there"
        " CROSS JOIN main.{5} AS m ON {6} WHERE c.known AND ({7}) LIMIT 1",
        name_of_owner(table), fmt::join(row, " || ', ' || "), differences.of("m"), differences.of("p"), table.owner,
        table.name, fmt::join(same, " AND "), differences.any()));
    if (found.step()) refuse(table.name, found.text(0), found.text(1), found.text(2));
  }

  /// An owner's rows come from one unit, all at once: where both stores have them they have as many. Those of sets that
  /// are scored in parts do not.
  void refuse_other_counts(const MemberTable& table) {
    const std::string set =
        table.owner == "input_set" ? "c.here" : "(SELECT input_set FROM main.score_cell WHERE cell = c.here)";
    Statement found = database_.prepare(fmt::format(
        "SELECT {0}, (SELECT count(*) FROM main.{1} WHERE {2} = c.here) AS n_here, (SELECT count(*) FROM part.{1} WHERE"
        " {2} = c.there) AS n_there FROM temp.merged_{2} AS c WHERE c.known AND n_here > 0 AND n_there > 0 AND n_here "
        "<> n_there AND {3} NOT IN (SELECT here FROM temp.merged_part) LIMIT 1",
        name_of_owner(table), table.name, table.owner, set));
    if (found.step()) refuse(table.name, found.text(0), found.text(1) + " rows", found.text(2) + " rows");
  }

  /// Owner by owner: those that are new are numbered in one order here and there, and pages are written one after the
  /// other.
  void copy(const MemberTable& table) {
    const std::int64_t before = database_.integer("SELECT total_changes()");
    database_.execute(fmt::format(
        "INSERT INTO main.{0} ({1}, {2}) SELECT c.here, {3} FROM temp.merged_{1} AS c CROSS JOIN part.{0} AS p"
        " ON p.{1} = c.there WHERE true ON CONFLICT DO NOTHING",
        table.name, table.owner, columns_of(database_, table.name, "", table.owner),
        columns_of(database_, table.name, "p", table.owner)));
    if (table.name == "score") report_.n_rows = database_.integer("SELECT total_changes()") - before;
  }

  /// What was finished there is finished here; what is running nowhere is not left as running.
  void finish_runs() {
    database_.execute(
        "UPDATE main.run SET status = 'finished', error = NULL, finished = (SELECT p.finished FROM part.run AS p WHERE"
        " p.uid = main.run.uid) WHERE status <> 'finished' AND uid IN (SELECT uid FROM part.run WHERE status = "
        "'finished')");
    database_.execute(
        "UPDATE main.run SET status = 'interrupted' WHERE status = 'running' AND uid IN (SELECT uid FROM part.run)");
  }

  Database& database_;
  const fs::path& shard_;
  MergeReport report_;
};

/// A store attached as `part`.
class Attached {
 public:
  Attached(Database& database, const fs::path& shard) : database_(database) {
    check_store_file(shard, false);
    // Where its folder cannot be written nobody else writes it either, and SQLite cannot have its shared memory there.
    const fs::path log = Database::beside(shard, "-wal");
    const bool immutable = ::access(log.parent_path().c_str(), W_OK) != 0 && !fs::exists(log) &&
                           !fs::exists(Database::beside(shard, "-journal"));
    answer_to("ATTACH " + sql_text(Database::uri(shard) + (immutable ? "?immutable=1" : "")) + " AS part", shard);
  }
  ~Attached() {
    sqlite3_exec(database_.handle(), "DETACH part", nullptr, nullptr, nullptr);
  }  // else it goes with the connection
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  /// Structure, and that each row belongs to something.
  void check(const fs::path& shard) {
    const std::string answer = answer_to("PRAGMA part.integrity_check(1)", shard);
    if (answer != "ok") refuse_damaged(shard, answer.substr(answer.rfind('\n') + 1));
    const std::string orphan = answer_to("PRAGMA part.foreign_key_check", shard);
    if (!orphan.empty()) refuse_damaged(shard, "rows of " + orphan + " that belong to nothing");
  }

 private:
  [[noreturn]] static void refuse_damaged(const fs::path& shard, std::string_view found) {
    fail(
        "merge {}: expected an undamaged store, found a damaged one ({}); measure that part again (delete the file, "
        "repeat its deepmine work)",
        shard.string(), found);
  }

  /// The first value of the first row, empty for none; SQLite's own words for a problem would name the target.
  std::string answer_to(const std::string& sql, const fs::path& shard) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(database_.handle(), sql.c_str(), -1, &statement, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(statement, sqlite3_finalize);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    if (code == SQLITE_DONE) return {};
    const std::string words = sqlite3_errmsg(database_.handle());
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) refuse_damaged(shard, words);
    if ((code & 0xff) == SQLITE_INTERRUPT || (code & 0xff) == SQLITE_BUSY) database_.fail_with(code);
    fail(
        "merge {}: expected a store that can be read, found that it cannot ({}); give yourself permission for the "
        "file, what lies beside it and the folder, or copy it with its -wal file elsewhere",
        shard.string(), words);
  }

  Database& database_;
};

}  // namespace

MergeReport merge_store(ResultStore& target, const fs::path& shard) {
  std::error_code none;
  ensure(!fs::equivalent(shard, target.database().path(), none),
         "merge {}: expected another store than the one it is merged into", shard.string());
  const InterruptibleStatements interruptible(target.database());
  Attached part(target.database(), shard);
  part.check(shard);
  StoreTransaction transaction(target);
  const MergeReport report = Merging(target.database(), shard).run();
  transaction.commit();
  return report;
}

}  // namespace deepmine
