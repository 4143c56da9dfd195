#include <cerrno>
#include <cstring>
#include <fstream>

#include "framework/app/command.h"
#include "framework/core/error.h"
#include "framework/core/folder.h"
#include "framework/run/result_store.h"
#include "framework/run/table.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// The store's tables, and the views of this program.
std::vector<std::string> names(Database& database) {
  std::vector<std::string> result;
  Statement rows = database.prepare(
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      " UNION SELECT name FROM temp.sqlite_schema WHERE type = 'view' ORDER BY name");
  while (rows.step()) result.push_back(rows.text(0));
  return result;
}

/// Writes one table as CSV, row by row: it may be larger than memory. Returns how many rows.
std::size_t write_csv(Database& database, const std::string& name, const fs::path& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  Statement rows = database.prepare("SELECT * FROM \"" + name + "\"");
  out << csv_header(rows);
  std::size_t count = 0;
  for (; rows.step(); ++count) out << csv_line(rows);
  out.close();
  const std::string problem = std::strerror(errno);
  std::error_code none;
  if (out.fail()) fs::remove(file, none);  // half a table looks like a whole one
  ensure(!out.fail(), "cannot write \"{}\": {}; check the disk's free space and the folder's permissions", file.string(), problem);
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
  make_folder(folder);
  for (const std::string& name : names(store.database())) {
    const fs::path file = folder / (name + ".csv");
    fmt::print("{}  {} rows\n", file.string(), write_csv(store.database(), name, file));
  }
  return 0;
}

const RegisterCommand registered({"export", "export --csv DIR", "writes every table and view of the store as CSV",
                                  export_store});

}  // namespace
}  // namespace deepmine
