#include <algorithm>

#include "framework/app/command.h"
#include "framework/app/input_file.h"
#include "framework/app/json_output.h"
#include "framework/app/output_claim.h"
#include "framework/app/standard_streams.h"
#include "framework/core/error.h"
#include "framework/core/folder.h"
#include "framework/core/interrupt.h"
#include "framework/core/replacement.h"
#include "framework/run/result_store.h"
#include "framework/run/table.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{1} << 16;

/// Whoever wrote the store chose its tables' names, which become names of files and parts of queries.
void check_name(const std::string& name, const fs::path& store) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  ensure(!name.empty() && std::all_of(name.begin(), name.end(), plain),
         "store {}: expected names of tables in letters, digits and _, found {}; rename or drop that one with sqlite3",
         store.string(), Json(name.substr(0, 80)).dump(-1, ' ', true, Json::error_handler_t::replace));
}

/// The store's tables, and the views of this program.
std::vector<std::string> names(Database& database) {
  std::vector<std::string> result;
  Statement rows = database.prepare(
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
      " UNION SELECT name FROM temp.sqlite_schema WHERE type = 'view' ORDER BY name");
  while (rows.step()) result.push_back(rows.text(0));
  for (const std::string& name : result) check_name(name, database.path());
  return result;
}

fs::path file_of(const fs::path& folder, const std::string& name) { return folder / (name + ".csv"); }

/// Writes one table as CSV, row by row: it may be larger than memory. The file is there only once it is whole. Returns
/// how many rows.
std::size_t write_csv(Database& database, const std::string& name, const fs::path& file) {
  Replacement out(file);
  Statement rows = database.prepare("SELECT * FROM \"" + name + "\"");
  std::string lines = csv_header(rows);
  std::size_t count = 0;
  for (; rows.step(); ++count) {
    lines += csv_line(rows);
    if (lines.size() < kPiece) continue;
    throw_if_interrupted();
    out.write(lines);
    lines.clear();
  }
  out.write(lines);
  out.replace();
  return count;
}

int export_store(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("csv", text("DIR"), "folder for one CSV file per table and view; made when missing");
  if (!line.parse(words)) return 0;
  const fs::path folder = line.required("csv");
  ensure(!fs::exists(folder) || fs::is_directory(folder), "--csv: expected a folder, found that \"{}\" is none",
         folder.string());
  ResultStore store = ResultStore::open_read_only(line.common().store);
  const std::vector<std::string> all = names(store.database());
  make_folder(folder);
  for (const std::string& name : all) {
    check_output("--csv", file_of(folder, name), {".csv"}, {line.common().store});
    claim_output("--csv", file_of(folder, name));
  }
  at_work_on_outputs();
  for (const std::string& name : all) {
    const fs::path file = file_of(folder, name);
    fmt::print(results(), "{}  {} rows\n", file.string(), write_csv(store.database(), name, file));
  }
  return 0;
}

const RegisterCommand registered({"export", "export --csv DIR", "writes every table and view of the store as CSV",
                                  export_store});

}  // namespace
}  // namespace deepmine
