#include "framework/evaluate/detection_power.h"

#include <fmt/format.h>

#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/interrupt.h"
#include "framework/learn/roc.h"

namespace deepmine {
namespace {

/// A cell that is to be told from its clean counterpart.
struct Compared {
  std::int64_t cell, n_anomalous;
  std::string target, kind;
  std::optional<double> anomalous_fraction;

  Seed seed(Seed seed) const {
    return seed.child(target).child(anomalous_fraction ? fmt::format("{:g} %", 100 * *anomalous_fraction)
                                                       : "individual");
  }
};

std::vector<Compared> compared_cells(Database& database, const std::string& run) {
  Statement rows = database.prepare(
      "SELECT cell, n_anomalous, coalesce(target, input_set), kind, anomalous_fraction FROM cell WHERE run = ?1 AND "
      "n_anomalous > 0 ORDER BY cell");
  rows.bind(run);
  std::vector<Compared> cells;
  while (rows.step()) {
    cells.push_back({rows.integer(0), rows.integer(1), rows.text(2), rows.text(3), rows.optional_real(4)});
  }
  return cells;
}

std::vector<double> column(Database& database, const char* sql, std::int64_t cell) {
  Statement rows = database.prepare(sql);
  rows.bind(cell);
  std::vector<double> values;
  while (rows.step()) values.push_back(rows.real(0));
  return values;
}

constexpr const char* kScores = "SELECT score FROM score WHERE cell = ?1 ORDER BY item";
constexpr const char* kCleanScores =
    "SELECT r.score FROM score_cell AS me JOIN score_cell AS o ON o.run = me.run AND o.detector = me.detector AND "
    "o.layer = me.layer AND o.part = me.part AND o.n_inputs IS me.n_inputs JOIN input_set AS s ON s.input_set = "
    "o.input_set AND s.kind = 'clean' JOIN score AS r ON r.cell = o.cell WHERE me.cell = ?1 ORDER BY o.cell, r.item";
/// Of test sets where something was returned.
constexpr const char* kPrecision =
    "SELECT CAST(n_selected_anomalous AS REAL) / n_selected FROM scan_detail WHERE cell = ?1 AND n_selected > 0 ORDER "
    "BY item";
constexpr const char* kRecall =
    "SELECT CAST(d.n_selected_anomalous AS REAL) / c.n_anomalous FROM scan_detail AS d JOIN score_cell AS c USING "
    "(cell) WHERE cell = ?1 ORDER BY item";

DetectionRow with_interval(DetectionRow row, const Interval& interval, std::size_t n) {
  row.ci_low = interval.low;
  row.ci_high = interval.high;
  row.n = static_cast<std::int64_t>(n);
  return row;
}

DetectionRow detection_row(Database& database, const Compared& cell, Seed seed) {
  const auto anomalous = column(database, kScores, cell.cell), clean = column(database, kCleanScores, cell.cell);
  const Interval interval = auroc_interval(anomalous, clean, 0.95, 1000, cell.seed(seed));
  return with_interval({"auroc", auroc(anomalous, clean)}, interval, anomalous.size());
}

/// Precision or recall of a cell: the mean over its test sets; none without returned inputs.
std::optional<DetectionRow> retrieval_row(const std::vector<double>& values, const Compared& cell, const char* metric,
                                          Seed seed) {
  if (values.empty()) return std::nullopt;
  const Interval interval = mean_interval(values, 0.95, 1000, cell.seed(seed.child(metric)));
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return with_interval({metric, sum / static_cast<double>(values.size())}, interval, values.size());
}

}  // namespace

void write_detection_power(Run& run, Database& database, Seed seed) {
  if (run.unit_done("detection power")) return;
  std::vector<std::pair<std::int64_t, DetectionRow>> rows;
  for (const Compared& cell : compared_cells(database, run.uid())) {
    throw_if_interrupted();
    rows.emplace_back(cell.cell, detection_row(database, cell, seed));
    if (cell.kind != "mixed") continue;
    for (const auto& [metric, sql] : {std::pair("precision", kPrecision), std::pair("recall", kRecall)}) {
      if (const auto row = retrieval_row(column(database, sql, cell.cell), cell, metric, seed)) {
        rows.emplace_back(cell.cell, *row);
      }
    }
  }
  run.write_unit("detection power", [&](UnitWriter& writer) {
    for (const auto& [cell, row] : rows) writer.add(cell, row);
  });
}

}  // namespace deepmine
