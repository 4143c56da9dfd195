#include "framework/evaluate/run_tables.h"

namespace deepmine {

std::string parameter(Database& database, const std::string& run, const std::string& key) {
  Statement row = database.prepare("SELECT value FROM param WHERE run = ?1 AND key = ?2");
  row.bind(run, key);
  return row.step() ? row.text(0) : std::string();
}

Table check_table(Database& database, const std::string& run) {
  Table table = query_table(database,
                            "SELECT name AS \"what must hold\", CASE passed WHEN 1 THEN 'pass' ELSE"
                            " 'FAIL' END AS result, detail FROM shape_check WHERE run = ?1"
                            " ORDER BY name", {run});
  table.title = "Shape checks";
  return table;
}

}  // namespace deepmine
