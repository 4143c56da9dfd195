#include "framework/evaluate/run_tables.h"

namespace deepmine {

std::string protocol_note(Database& database, const std::string& run, const std::map<std::string, std::string>& paper,
                          const std::set<std::string>& ignored) {
  Statement rows = database.prepare("SELECT key, value FROM param WHERE run = ?1 ORDER BY key");
  rows.bind(run);
  std::string differences;
  while (rows.step()) {
    const std::string key = rows.text(0), ours = rows.text(1);
    const auto theirs = paper.find(key);
    if (theirs == paper.end() || theirs->second == ours || ignored.count(key) > 0) continue;
    differences += (differences.empty() ? "" : "; ") + key + "=" + ours;
  }
  return "options that differ from profile paper: " + (differences.empty() ? "none" : differences);
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
