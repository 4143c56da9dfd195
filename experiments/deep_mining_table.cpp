#include "experiments/deep_mining_table.h"

#include <fmt/format.h>

#include "experiments/deep_mining_cells.h"
#include "experiments/deep_mining_options.h"
#include "experiments/doubts.h"
#include "experiments/run_tables.h"

namespace deepmine {
namespace {

Value value_of(const std::optional<double>& number) {
  return number ? Value(*number) : Value(std::monostate{});
}

struct Shape {
  bool published;  ///< a column of the paper's values beside each of ours
  bool individual;
};

Table metric_table(const DeepMiningCells& cells, const char* metric, const std::string& title,
                   Shape shape) {
  std::vector<std::string> columns = cells.columns();
  if (shape.individual) columns.insert(columns.begin(), "individual");
  Table table{title, {{"target"}}, {}, {}};
  for (const std::string& column : columns) {
    table.columns.push_back({column == "individual" ? column : column + " %", 3});
    if (shape.published) table.columns.push_back({column == "individual" ? "paper" : "paper " + column, 3});
  }
  std::vector<std::string> targets = cells.targets();
  if (cells.has_all()) targets.emplace_back("All");
  if (cells.targets().size() == 10) targets.emplace_back("mean 0-9");
  for (const std::string& target : targets) {
    std::vector<Value> row{target};
    for (const std::string& column : columns) {
      const auto cell = cells.at(target, column, metric);
      row.push_back(value_of(cell.ours));
      if (shape.published) row.push_back(value_of(cell.published));
    }
    table.rows.push_back(std::move(row));
  }
  table.sql = fmt::format("SELECT target, col, ours, published, difference FROM deep_mining_table1\nWHERE run = '{}' AND metric = '{}'"
                          " ORDER BY target, CAST(col AS INTEGER);", cells.run(), metric);
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

/// Which of a run's options are not those of profile paper.
std::string protocol_note(Database& database, const std::string& run) {
  std::string differences;
  for (const auto& [key, paper] : DeepMiningOptions().canonical()) {
    const std::string ours = parameter(database, run, key);
    const bool older = ours.empty();  // than the option
    if (key == "image-resamples") continue;  // it adds intervals and changes no number
    if (!older && ours != paper) differences += fmt::format("{}{}={}", differences.empty() ? "" : "; ", key, ours);
  }
  return "options that differ from profile paper: " + (differences.empty() ? "none" : differences);
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
  for (const auto& [metric, group] : {std::pair{"auroc", "detection power"}, {"precision", "precision"}, {"recall", "recall"}}) {
    for (const std::string& column : cells.columns()) result.push_back({group, column + " %", cells.mean(column, metric)});
  }
  return result;
}

std::vector<Table> deep_mining_tables(Database& database, const std::string& run) {
  const DeepMiningCells cells(database, run);
  const std::string dataset = parameter(database, run, "dataset");
  const std::string where = fmt::format("{}, layer {}", dataset, parameter(database, run, "layer"));
  const bool published = dataset == "cifar10";
  std::vector<Table> tables{
      metric_table(cells, "auroc", "Detection power (AUROC), " + where, {published, true}),
      metric_table(cells, "precision", "Precision, " + where, {published, false}),
      metric_table(cells, "recall", "Recall, " + where, {published, false}),
      attack_table(database, run), check_table(database, run)};
  tables[0].notes = {source_note(database, run),
                     "attack " + parameter(database, run, "attack"),
                     "detector " + parameter(database, run, "detector"),
                     protocol_note(database, run)};
  for (std::string& note : doubt_notes(database, run)) tables[0].notes.push_back(std::move(note));
  return tables;
}

}  // namespace deepmine
