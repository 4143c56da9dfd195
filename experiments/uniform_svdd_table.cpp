#include "experiments/uniform_svdd_table.h"

#include <fmt/ranges.h>

#include <map>

#include "framework/evaluate/doubts.h"
#include "framework/evaluate/parameter.h"
#include "framework/evaluate/run_tables.h"

namespace deepmine {
namespace {

/// What a run's tables are of: those of its profile and network, whichever weights they have.
struct Shown {
  std::string profile, model;

  Shown(Database& database, const std::string& run) {
    Statement row = database.prepare(
        "SELECT r.profile, t.model FROM run AS r LEFT JOIN uniform_svdd_table AS t ON t.run = r.uid"
        " WHERE r.uid = ?1 LIMIT 1");
    row.bind(run).step();
    profile = row.text(0);
    model = row.optional_text(1).value_or(std::string());
  }
  std::string where() const { return fmt::format("profile = {} AND model = {}", sql_text(profile), sql_text(model)); }
};

std::string title_of(const std::string& table, const Shown& shown) {
  static const std::map<std::string, std::string> kTitles{
      {"table2", "out-of-distribution images"}, {"table3", "adversarial images"},
      {"table4", "noise and fooling images"},   {"table5", "the same as Table 2, OE"},
      {"table6", "the same as Table 3, OE"},    {"table7", "the same as Table 4, OE"},
      {"table8", "with perturbation"},          {"table9", "learnt from the same attack"}};
  return fmt::format("Table {}: {}, {}, in %", table.substr(5), kTitles.at(table), shown.model);
}

/// TNR at 95 % TPR and AUROC side by side; ranges where there are several models.
Table paper_table(Database& database, const Shown& shown, const std::string& number) {
  const auto column = [](const char* metric, const char* value, const char* name) {
    return fmt::format("100 * max(iif(metric = '{}', {}, NULL)) AS \"{}\"", metric, value, name);
  };
  std::vector<std::string> columns;
  for (const auto& [metric, name] : {std::pair{"tnr95", "TNR95"}, {"mean-auroc", "AUROC"}}) {
    columns.push_back(column(metric, "literal", name));
    columns.push_back(column(metric, "iif(models > 1, lowest, NULL)", fmt::format("{} from", name).c_str()));
    columns.push_back(column(metric, "iif(models > 1, highest, NULL)", fmt::format("{} to", name).c_str()));
    columns.push_back(column(metric, "strict", fmt::format("{} strict", name).c_str()));
    columns.push_back(column(metric, "published", fmt::format("published {}", name).c_str()));
  }
  const std::string sql = fmt::format(
      "SELECT \"set\", method, max(models) AS models,\n  {}\nFROM uniform_svdd_models WHERE tbl = '{}' AND {}\n"
      "GROUP BY \"set\", method ORDER BY \"set\", method",
      fmt::join(columns, ",\n  "), number, shown.where());
  Table table = query_table(database, sql, {}, 2);
  table.title = title_of(number, shown);
  table.sql = sql + ";";
  return table;
}

std::vector<std::string> tables_of(Database& database, const Shown& shown) {
  if (shown.profile == "mdl") return {};  // of sets that no table has
  Statement rows = database.prepare("SELECT DISTINCT tbl FROM uniform_svdd_models WHERE tbl IS NOT NULL AND " +
                                    shown.where() + " ORDER BY tbl");
  std::vector<std::string> found;
  while (rows.step()) found.push_back(rows.text(0));
  return found;
}

/// What the paper finds between methods, of the sets that both have.
Table between_methods(Database& database, const Shown& shown) {
  Table table = query_table(database,
                            "SELECT 'ours has a TNR of at least ELO''s, Table ' || substr(a.tbl, 6) AS \"what the "
                            "paper finds\", sum(a.literal >= b.literal) AS holds,"
                            " count(*) AS sets FROM uniform_svdd_models AS a JOIN uniform_svdd_models AS b USING "
                            "(profile, model, oe, tbl, \"set\", metric)"
                            " WHERE a.method = 'ours' AND b.method = 'ELO' AND metric = 'tnr95' AND " +
                                shown.where() +
                                " GROUP BY a.tbl UNION ALL "
                                "SELECT 'ours and ELO have a TNR above those of MSP, ODIN and MD, Table 2', "
                                "sum(a.literal > b.literal), count(*)"
                                " FROM uniform_svdd_models AS a JOIN uniform_svdd_models AS b USING (profile, model, "
                                "oe, tbl, \"set\", metric)"
                                " WHERE a.method IN ('ours', 'ELO') AND b.method IN ('baseline', 'ODIN', 'MD') AND "
                                "metric = 'tnr95' AND tbl = 'table2' AND " +
                                shown.where() + " HAVING count(*) > 0");
  table.title = "Between methods";
  return table;
}

/// Mean AUROC over the sets of each table by the weight of the logits, of one run.
Table beta_table(Database& database, const std::string& run) {
  Table table = query_table(
      database,
      "SELECT CAST(substr(c.part, 19) AS REAL) AS \"weight of the logits\", t.\"set\", 100 * d.value AS AUROC FROM "
      "uniform_svdd_table AS t"
      " JOIN score_cell AS c ON c.run = t.run AND c.input_set = t.set_number AND c.part GLOB 'transductive beta *'"
      " JOIN detection AS d ON d.cell = c.cell AND d.metric = 'mean-auroc'"
      " WHERE t.run = ?1 AND t.metric = 'tnr95' AND t.tbl NOT IN ('table8', 'table9') ORDER BY t.\"set\", 1",
      {run}, 2);
  Table wide{"AUROC by the weight of the logits (Figure 7), in %", {{"set"}}, {}, {}};
  for (const auto& row : table.rows) {
    const std::string set = std::get<std::string>(row[1]);
    if (wide.rows.empty() || std::get<std::string>(wide.rows.back()[0]) != set) wide.rows.push_back({set});
    if (wide.rows.size() == 1) wide.columns.push_back({fmt::format("{:g}", std::get<double>(row[0])), 2});
    wide.rows.back().push_back(row[2]);
  }
  return wide;
}

Table mdl_table(Database& database, const std::string& profile) {
  Table table = query_table(database,
                            "SELECT layer, avg(error) AS \"detection error\", min(error) AS lowest, max(error) AS "
                            "highest, count(DISTINCT weights) AS models"
                            " FROM uniform_svdd_mdl WHERE profile = ?1 GROUP BY network, layer ORDER BY avg(error)",
                            {profile}, 4);
  table.title = "Layers by their detection error; the first is the most discriminative (MDL)";
  Statement sets = database.prepare("SELECT max(sets), max(is_literal) FROM uniform_svdd_mdl WHERE profile = ?1");
  sets.bind(profile);
  if (sets.step() && !sets.is_null(0)) {
    table.notes.push_back("against " + sets.text(0) +
                          (sets.integer(1) == 1 ? ", as the paper does: its tables evaluate it, too" : ""));
  }
  return table;
}

std::vector<std::string> notes_of(Database& database, const RunsTogether& runs) {
  std::vector<std::string> notes{
      "literal, without a word: thresholds, and how parts of the score are normalised, are of the images under test, "
      "failed attacks "
      "are kept; strict: thresholds of other clean images, parts normalised by training images, successful attacks "
      "only"};
  for (const std::string& run : runs) {
    notes.push_back(fmt::format("run {}: {}", run, parameter(database, run, "detector")));
    for (std::string& note : doubt_notes(database, run)) notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace

std::vector<Table> uniform_svdd_tables(Database& database, const RunsTogether& runs) {
  const Shown shown(database, runs.front());
  std::vector<Table> tables;
  if (shown.profile == "mdl") tables.push_back(mdl_table(database, shown.profile));
  for (const std::string& number : tables_of(database, shown)) tables.push_back(paper_table(database, shown, number));
  if (tables.size() > 1) tables.push_back(between_methods(database, shown));
  for (const std::string& run : runs) {
    Table beta = beta_table(database, run);
    if (!beta.rows.empty()) tables.push_back(std::move(beta));
    Table checks = check_table(database, run);
    if (checks.rows.empty()) continue;
    checks.title += ", " + parameter(database, run, "detector");
    tables.push_back(std::move(checks));
  }
  if (tables.empty()) tables.emplace_back();
  for (std::string& note : notes_of(database, runs)) tables.front().notes.push_back(std::move(note));
  return tables;
}

std::vector<Headline> uniform_svdd_headlines(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT metric, \"set\", literal FROM uniform_svdd_table WHERE run = ?1"
      " AND tbl NOT IN ('table8', 'table9') ORDER BY metric DESC, set_number");
  rows.bind(run);
  std::vector<Headline> headlines;
  while (rows.step()) headlines.push_back({rows.text(0), rows.text(1), rows.real(2)});
  return headlines;
}

}  // namespace deepmine
