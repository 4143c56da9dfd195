#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "framework/run/database.h"

namespace deepmine {

/// Rows that people read: what an experiment prints.
struct Table {
  struct Column {
    std::string name;
    int decimals = -1;  ///< of its reals in markdown and latex; -1 for as many as they have
  };
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<Value>> rows;  ///< null is a missing number
  std::vector<std::string> notes;
  std::string sql = {};  ///< a query that gives these numbers, for readers; may be empty

  /// Which columns have values and no text among them: those stand to the right.
  std::vector<bool> numeric() const;
  /// For reading: columns padded, numbers to the right, null as a dash.
  std::string markdown() const;
  /// For programs: RFC 4180, reals to their last bit, null empty; neither title nor notes.
  std::string csv() const;
  /// A plain `tabular` inside a `table` with the title as caption; nothing to load.
  std::string latex() const;
  /// {"title", "columns", "rows": [{column: value}], "notes"}, reals to their last bit.
  std::string json() const;
};

/// The column names, and the present row, of a statement as a line of CSV, as `Table::csv` writes them.
std::string csv_header(const Statement& rows);
std::string csv_line(const Statement& rows);

/// Throws `Error` listing the four names for any other.
std::string render(const Table& table, std::string_view format);

/// The rows of any query; `parameters` are bound to ?1, ?2, ... Reals get `decimals`.
Table query_table(Database& database, std::string_view sql,
                  const std::vector<Value>& parameters = {}, int decimals = -1);

}  // namespace deepmine
