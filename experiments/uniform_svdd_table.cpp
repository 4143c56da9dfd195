#include "experiments/uniform_svdd_table.h"

#include <fmt/ranges.h>

#include <map>

#include "framework/evaluate/doubts.h"
#include "framework/evaluate/parameter.h"
#include "framework/evaluate/run_tables.h"

namespace deepmine {
namespace {

/// What tables of runs are of: their detectors, on the same images, by all models of the network, whichever weights
/// they have.
struct Shown {
  std::string profile, model, setting;
  std::vector<std::string> runs, detectors;

  Shown(Database& database, const RunsTogether& together) {
    Statement row = database.prepare(
        "SELECT r.profile, t.model, t.setting FROM run AS r LEFT JOIN uniform_svdd_table AS t ON t.run = r.uid"
        " WHERE r.uid = ?1 LIMIT 1");
    row.bind(together.front()).step();
    profile = row.text(0);
    model = row.optional_text(1).value_or(std::string());
    setting = row.optional_text(2).value_or(std::string());
    for (const std::string& run : together) {
      runs.push_back(sql_text(run));
      detectors.push_back(sql_text(parameter(database, run, "detector")));
    }
  }
  std::string where() const {
    return fmt::format("profile = {}\n  AND model = {}\n  AND setting = {}\n  AND detector IN ({})\n"
                       "  AND coalesce(learning, '') IN (SELECT coalesce(learning, '') FROM uniform_svdd_table WHERE run IN ({}))",
                       sql_text(profile), sql_text(model), sql_text(setting), fmt::join(detectors, ",\n    "),
                       fmt::join(runs, ", "));
  }
  /// Whether `what` holds of one of its rows.
  bool any(Database& database, const char* what) const {
    Statement row = database.prepare(fmt::format("SELECT max({}) FROM uniform_svdd_models WHERE {}", what, where()));
    return row.step() && row.optional_real(0).value_or(0) > 0;
  }
};

/// The paper's order, what it does not have last.
constexpr const char* kOrder =
    "instr('F-MNIST Omniglot TinyIm LSUN iSUN SVHN CIFAR10 FGSM BIM-a BIM-b JSMA CW Gaussian Uniform FoolIm', "
    "\"set\"),\n  max(published) IS NULL, instr('baseline KD+BU ODIN LID MD ELO ours', method)";

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
  const bool several = shown.any(database, "models > 1"), published = shown.any(database, "published IS NOT NULL");
  std::vector<std::string> columns;
  if (several) columns.push_back("max(models) AS models");
  for (const auto& [metric, name] : {std::pair{"tnr95", "TNR95"}, {"mean-auroc", "AUROC"}}) {
    columns.push_back(column(metric, "literal", name));
    if (several) columns.push_back(column(metric, "lowest", fmt::format("{} from", name).c_str()));
    if (several) columns.push_back(column(metric, "highest", fmt::format("{} to", name).c_str()));
    columns.push_back(column(metric, "strict", fmt::format("{} strict", name).c_str()));
    if (published) columns.push_back(column(metric, "published", fmt::format("published {}", name).c_str()));
  }
  const std::string sql = fmt::format(
      "SELECT \"set\", method,\n  {}\nFROM uniform_svdd_models WHERE tbl = '{}'\n  AND {}\n"
      "GROUP BY \"set\", method ORDER BY {}",
      fmt::join(columns, ",\n  "), number, shown.where(), kOrder);
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

/// Methods against each other, on the sets that both have: of the paper's findings those that need two runs.
Table between_methods(Database& database, const Shown& shown) {
  const std::string sql = fmt::format(
      "WITH shown AS (SELECT * FROM uniform_svdd_models WHERE metric = 'tnr95'\n  AND {})\n"
      "SELECT 'ours has a TNR of at least ELO''s, Table ' || substr(a.tbl, 6) AS finding,\n"
      "  sum(a.literal >= b.literal) AS holds, count(*) AS sets\n"
      "FROM shown AS a JOIN shown AS b USING (oe, tbl, \"set\")\n"
      "WHERE a.method = 'ours' AND b.method = 'ELO' GROUP BY tbl\nUNION ALL\n"
      "SELECT 'ours and ELO have a TNR above those of MSP, ODIN and MD, Table 2', sum(a.literal > b.literal), count(*)\n"
      "FROM shown AS a JOIN shown AS b USING (oe, tbl, \"set\")\n"
      "WHERE a.method IN ('ours', 'ELO') AND b.method IN ('baseline', 'ODIN', 'MD') AND tbl = 'table2'\n"
      "HAVING count(*) > 0",
      shown.where());
  Table table = query_table(database, sql, {});
  table.sql = sql + ";";
  table.title = "Between methods";
  return table;
}

/// AUROC of each set by the weight of the logits, of one run.
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

/// By one machine of each layer, of the runs shown.
Table mdl_table(Database& database, const RunsTogether& runs) {
  std::vector<std::string> uids;
  for (const std::string& run : runs) uids.push_back(sql_text(run));
  const std::string list = fmt::format("{}", fmt::join(uids, ", "));
  Table table = query_table(
      database,
      "SELECT layer, nu, error AS \"detection error\" FROM uniform_svdd_mdl WHERE run IN (" + list + ") ORDER BY error", {},
      4);
  table.title = "Layers by their detection error; the first is the most discriminative (MDL)";
  Statement sets = database.prepare("SELECT sets, is_literal FROM uniform_svdd_mdl WHERE run = ?1");
  sets.bind(runs.front());
  if (sets.step()) {
    table.notes.push_back("against " + sets.text(0) +
                          (sets.integer(1) == 1 ? ", as the paper does: its tables evaluate it, too" : ""));
  }
  return table;
}

std::vector<std::string> notes_of(Database& database, const RunsTogether& runs) {
  std::vector<std::string> notes{
      "columns without 'strict' are literal: thresholds, and how parts of the score are normalised (but of fooling "
      "images), are of the images under test, failed attacks are kept; strict: thresholds of other clean images, parts "
      "normalised by training images, successful attacks only"};
  for (const std::string& run : runs) {
    notes.push_back(fmt::format("run {}: {}", run, parameter(database, run, "detector")));
    for (std::string& note : doubt_notes(database, run)) notes.push_back(std::move(note));
  }
  return notes;
}

}  // namespace

std::vector<Table> uniform_svdd_tables(Database& database, const RunsTogether& runs) {
  const Shown shown(database, runs);
  std::vector<Table> tables;
  if (shown.profile == "mdl") tables.push_back(mdl_table(database, runs));
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
