#include "experiments/odin_table.h"

#include <fmt/ranges.h>

#include "experiments/odin_checks.h"
#include "experiments/odin_options.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/parameter.h"
#include "framework/evaluate/run_tables.h"

namespace deepmine {
namespace {

/// What stands for the runs' order, so that the leading detector is the first of each set.
std::string order_of(const RunsTogether& runs) {
  std::string order = "CASE run";
  for (std::size_t i = 0; i < runs.size(); ++i) order += fmt::format(" WHEN {} THEN {}", sql_text(runs[i]), i);
  return order + " END";
}

/// `columns` are aggregates over the metrics of a set and detector, in per cent.
Table metrics_table(Database& database, const RunsTogether& runs, const std::string& title,
                    const std::string& columns) {
  const std::string sql = fmt::format(
      "SELECT \"set\", detector || iif(part = '', '', ', ' || part) AS detector,\n  {}\nFROM odin_table WHERE run IN "
      "({})\n"
      "GROUP BY run, \"set\", part ORDER BY place, {}, part",
      columns, sql_text(runs), order_of(runs));
  Table table = query_table(database, sql, {}, 2);
  table.title = title;
  table.sql = sql + ";";
  return table;
}

std::string percent(const char* metric, const char* column, const std::string& name) {
  return fmt::format("100 * max(CASE metric WHEN '{}' THEN {} END) AS \"{}\"", metric, column, name);
}

bool beside_published(Database& database, const RunsTogether& runs) {
  Statement row = database.prepare(
      "SELECT count(published) + count(measured) FROM odin_table WHERE run IN (" + sql_text(runs) + ")");
  return row.step() && row.integer(0) > 0;
}

Table main_table(Database& database, const RunsTogether& runs) {
  const bool published = beside_published(database, runs);
  std::vector<std::string> columns;
  for (const auto& [metric, name] : {std::pair{"fpr95", "FPR95"}, {"auroc", "AUROC"}}) {
    columns.push_back(percent(metric, "ours", name));
    if (!published) continue;
    columns.push_back(percent(metric, "published", std::string("published ") + name));
    columns.push_back(percent(metric, "measured", std::string("measured ") + name));
  }
  Table table = metrics_table(database, runs,
                              "Telling other images from " + parameter(database, runs.front(), "dataset") + ", in %",
                              fmt::format("{}", fmt::join(columns, ",\n  ")));
  if (published) {
    table.notes.push_back("published: by the authors; measured: by another program, from the same weights and images");
  }
  return table;
}

Table more_metrics(Database& database, const RunsTogether& runs) {
  std::vector<std::string> columns;
  for (const char* metric : {"detection-error", "best-accuracy", "aupr-in", "aupr-out"}) {
    columns.push_back(percent(metric, "ours", metric));
  }
  return metrics_table(database, runs, "More metrics, in %", fmt::format("{}", fmt::join(columns, ",\n  ")));
}

std::string clean_note(Database& database, const std::string& run) {
  Statement row = database.prepare(
      "SELECT m.network, m.recipe FROM run_input AS i JOIN model AS m ON m.sha256 = i.sha256 WHERE i.run = ?1 AND "
      "i.role = 'model'");
  row.bind(run);
  row.step();
  const std::string network = row.text(0), recipe = row.text(1) == "unknown" ? "weights of others" : row.text(1);
  const CleanImages clean(database, run);
  return fmt::format("{} ({}); {} images of {}, accuracy {}", network, recipe, clean.count,
                     parameter(database, run, "dataset"),
                     clean.accuracy ? fmt::format("{:.4f}", *clean.accuracy) : "unknown");
}

}  // namespace

std::vector<Table> odin_tables(Database& database, const RunsTogether& runs) {
  std::vector<Table> tables{main_table(database, runs), more_metrics(database, runs)};
  std::vector<std::string>& notes = tables.front().notes;
  notes.push_back(clean_note(database, runs.front()));
  for (const std::string& run : runs) {
    notes.push_back(fmt::format("run {}: {}", run, parameter(database, run, "detector")));
  }
  notes.push_back(protocol_note(database, runs.front(), OdinOptions().canonical(), {"detector"}));  // which has its own
  for (const std::string& run : runs) {
    for (std::string& note : doubt_notes(database, run)) notes.push_back(std::move(note));
  }
  for (const std::string& run : runs) {
    Table checks = check_table(database, run);
    if (checks.rows.empty()) continue;
    checks.title += ", " + parameter(database, run, "detector");
    tables.push_back(std::move(checks));
  }
  return tables;
}

std::vector<Headline> odin_headlines(Database& database, const std::string& run) {
  Statement rows = database.prepare("SELECT metric, \"set\", ours FROM odin_table WHERE run = ?1 AND part = ''"
                                    " AND metric IN ('auroc', 'fpr95') ORDER BY metric, place");
  rows.bind(run);
  std::vector<Headline> headlines;
  while (rows.step()) headlines.push_back({rows.text(0), rows.text(1), rows.real(2)});
  return headlines;
}

}  // namespace deepmine
