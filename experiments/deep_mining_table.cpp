#include "experiments/deep_mining_table.h"

#include <fmt/ranges.h>

#include <optional>

#include "experiments/deep_mining_cells.h"
#include "experiments/deep_mining_options.h"
#include "framework/evaluate/doubts.h"
#include "framework/evaluate/parameter.h"
#include "framework/evaluate/run_tables.h"

namespace deepmine {
namespace {

Value value_of(const std::optional<double>& number) {
  return number ? Value(*number) : Value(std::monostate{});
}

using Cells = std::vector<DeepMiningCells>;  ///< of runs shown together

constexpr const char* kIndividual = "individual";

std::string column_title(const std::string& column) { return column == kIndividual ? column : column + " %"; }

std::string titled(const std::string& label, const std::string& column) {
  return column == kIndividual ? label : label + " " + column;
}

std::vector<std::string> with_individual(std::vector<std::string> columns) {
  columns.insert(columns.begin(), kIndividual);
  return columns;
}

std::string uids_of(const Cells& runs) {
  std::vector<std::string> uids;
  for (const DeepMiningCells& run : runs) uids.push_back(run.run());
  return sql_text(uids);
}

/// A column of each run for every share; with `published` one of the paper's values beside them.
Table metric_table(const Cells& runs, const char* metric, const std::string& title, std::vector<std::string> columns,
                   bool published) {
  Table table{title, {{"target"}}, {}, {}};
  for (const std::string& column : columns) {
    table.columns.push_back({column_title(column), 3});
    for (std::size_t i = 1; i < runs.size(); ++i) table.columns.push_back({titled(runs[i].label(), column), 3});
    if (published) table.columns.push_back({titled("paper", column), 3});
  }
  const DeepMiningCells& leading = runs.front();
  std::vector<std::string> targets = leading.targets();
  if (leading.has_all()) targets.emplace_back("All");
  if (leading.targets().size() == 10) targets.emplace_back("mean 0-9");
  for (const std::string& target : targets) {
    std::vector<Value> row{target};
    for (const std::string& column : columns) {
      for (const DeepMiningCells& run : runs) row.push_back(value_of(run.at(target, column, metric).ours));
      if (published) row.push_back(value_of(leading.at(target, column, metric).published));
    }
    table.rows.push_back(std::move(row));
  }
  table.sql = fmt::format(
      "SELECT run, target, col, ours, published, difference FROM deep_mining_table1\nWHERE run IN ({}) AND metric = "
      "'{}' ORDER BY target, CAST(col AS INTEGER), run;",
      uids_of(runs), metric);
  return table;
}

/// What is left of the table when single targets become one row: detection power by each run and as published.
Table mean_table(const Cells& runs, const std::string& title, bool published) {
  const DeepMiningCells& leading = runs.front();
  const std::vector<std::string> columns = with_individual(leading.columns());
  Table table{title, {{"targets of the attack"}, {"scan"}}, {}, {}};
  for (const std::string& column : columns) table.columns.push_back({column_title(column), 3});
  const auto add = [&](const std::string& what, const std::string& scan, const auto& cell) {
    std::vector<Value> row{what, scan};
    for (const std::string& column : columns) row.push_back(value_of(cell(column)));
    table.rows.push_back(std::move(row));
  };
  const std::string one = fmt::format("one of {}, mean", leading.targets().size());
  if (published) add(one, "published", [&](const auto& column) { return leading.published_mean(column, "auroc"); });
  for (const DeepMiningCells& run : runs) {
    add(one, "ours, " + run.label(), [&](const auto& column) { return std::optional(run.mean(column, "auroc")); });
  }
  if (leading.has_all()) {
    if (published) {
      add("all", "published", [&](const auto& column) { return leading.at("All", column, "auroc").published; });
    }
    for (const DeepMiningCells& run : runs) {
      add("all", "ours, " + run.label(), [&](const auto& column) { return run.at("All", column, "auroc").ours; });
    }
  }
  table.sql = fmt::format(
      "SELECT run, iif(target = 'All', 'all', 'one') AS targets, col, avg(ours), avg(published) FROM "
      "deep_mining_table1\n"
      "WHERE run IN ({}) AND metric = 'auroc' AND target NOT LIKE 'mean%' GROUP BY run, targets, col;",
      uids_of(runs));
  return table;
}

std::string source_note(Database& database, const std::string& run) {
  Statement row = database.prepare(
      "SELECT m.network, m.dataset, m.test_accuracy, m.recipe FROM attack_set AS a"
      " JOIN model AS m ON m.sha256 = a.model WHERE a.run = ?1 LIMIT 1");
  row.bind(run);
  if (!row.step()) return "run " + run;
  const std::string accuracy =
      row.is_null(2) ? "unknown" : fmt::format("{:.4f}", row.real(2));
  return fmt::format("run {}: {} trained on {} (accuracy {}, {})", run, row.text(0), row.text(1),
                     accuracy, row.text(3));
}

std::string detector_note(const DeepMiningCells& run) {
  const auto preset = run.preset();
  const std::string named = preset ? fmt::format("{} ({})", run.label(), preset->source) : run.label();
  return fmt::format("{}, run {}: {}", named, run.run(), run.detector());
}

Table attack_table(Database& database, const std::string& run) {
  Table table = query_table(
      database,
      "SELECT target, n_candidates AS attacked, n_kept AS kept, success_rate AS \"success rate\","
      " mean_l2 AS \"mean L2\", mean_linf AS \"mean L-infinity\" FROM attack_set WHERE run = ?1"
      " ORDER BY CAST(target AS INTEGER)", {run}, 4);
  table.title = "Attacks: " + parameter(database, run, "attack");
  table.notes = {"attacked: evaluation images not classified as the target; distances over the kept "
                 "ones, pixel units of [0,1]"};
  return table;
}

}  // namespace

std::vector<Headline> deep_mining_headlines(Database& database, const std::string& run) {
  const DeepMiningCells cells(database, run);
  std::vector<Headline> result;
  for (const auto& [metric, group] :
       {std::pair{"auroc", "detection power"}, {"precision", "precision"}, {"recall", "recall"}}) {
    for (const std::string& column : cells.columns()) {
      result.push_back({group, column + " %", cells.mean(column, metric)});
    }
  }
  return result;
}

std::vector<Table> deep_mining_tables(Database& database, const RunsTogether& uids) {
  Cells runs;
  for (const std::string& uid : uids) runs.emplace_back(database, uid);
  const std::string& first = runs.front().run();
  const std::string dataset = parameter(database, first, "dataset");
  const std::string where = fmt::format("{}, layer {}", dataset, parameter(database, first, "layer"));
  const bool published = dataset == "cifar10";
  const std::vector<std::string> columns = runs.front().columns();
  std::vector<Table> tables;
  if (runs.size() > 1) tables.push_back(mean_table(runs, "Detection power (AUROC) in short, " + where, published));
  tables.push_back(
      metric_table(runs, "auroc", "Detection power (AUROC), " + where, with_individual(columns), published));
  tables.push_back(metric_table(runs, "precision", "Precision, " + where, columns, published));
  tables.push_back(metric_table(runs, "recall", "Recall, " + where, columns, published));
  tables.push_back(attack_table(database, first));
  for (const DeepMiningCells& run : runs) {
    tables.push_back(check_table(database, run.run()));
    if (runs.size() > 1) tables.back().title += ", " + run.label();
  }
  tables.front().notes = {source_note(database, first), "attack " + parameter(database, first, "attack")};
  for (const DeepMiningCells& run : runs) tables.front().notes.push_back(detector_note(run));
  // Resamples of images add intervals and change no number.
  tables.front().notes.push_back(protocol_note(database, first, DeepMiningOptions().canonical(), {"image-resamples"}));
  for (const DeepMiningCells& run : runs) {
    for (std::string& note : doubt_notes(database, run.run())) tables.front().notes.push_back(std::move(note));
  }
  return tables;
}

}  // namespace deepmine
