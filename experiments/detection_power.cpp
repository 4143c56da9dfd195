#include "experiments/detection_power.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "framework/core/interrupt.h"
#include "framework/learn/roc.h"

namespace deepmine {
namespace {

/// What a cell of scans is compared by: the scores of a run under one layer and detector.
class CellScores {
 public:
  CellScores(Database& database, std::string run) : database_(database), run_(std::move(run)) {}

  std::vector<double> anomalous(std::int64_t cell) const {
    Statement rows = database_.prepare("SELECT score FROM scan_row WHERE cell = ?1 ORDER BY item");
    rows.bind(cell);
    return all(rows);
  }
  std::vector<double> clean(const std::string& layer, const std::string& detector,
                            std::int64_t n_inputs) const {
    Statement rows = database_.prepare(
        "SELECT r.score FROM scan_cell AS c JOIN scan_row AS r ON r.cell = c.cell WHERE c.run = ?1"
        " AND c.layer = ?2 AND c.detector = ?3 AND c.n_inputs = ?4 AND c.n_anomalous = 0 ORDER BY r.item");
    rows.bind(run_, layer, detector, n_inputs);
    return all(rows);
  }

 private:
  static std::vector<double> all(Statement& rows) {
    std::vector<double> scores;
    while (rows.step()) scores.push_back(rows.real(0));
    return scores;
  }

  Database& database_;
  std::string run_;
};

/// What a row of detection says of its cell besides the number.
DetectionRow row_of(const Statement& cell, const char* metric) {
  DetectionRow row;
  row.detector = cell.text(0);
  row.layer = cell.text(1);
  row.attack = cell.text(2);
  row.target = cell.text(3);
  row.kind = cell.text(4);
  row.anomalous_fraction = cell.optional_real(5);
  row.metric = metric;
  return row;
}

Seed seed_of(const DetectionRow& row, Seed seed) {
  return seed.child(*row.target).child(
      row.anomalous_fraction ? fmt::format("{:g} %", 100 * *row.anomalous_fraction) : "individual");
}

DetectionRow detection_row(const CellScores& scores, const Statement& cell, Seed seed) {
  DetectionRow row = row_of(cell, "auroc");
  const auto anomalous = scores.anomalous(cell.integer(6));
  const auto clean = scores.clean(row.layer, row.detector, cell.integer(7));
  const Interval interval = auroc_interval(anomalous, clean, 0.95, 1000, seed_of(row, seed));
  row.value = auroc(anomalous, clean);
  row.ci_low = interval.low;
  row.ci_high = interval.high;
  row.n = static_cast<std::int64_t>(anomalous.size());
  return row;
}

/// Precision or recall of a cell: the mean over its test sets; none without returned inputs.
std::optional<DetectionRow> retrieval_row(Database& database, const Statement& cell, const char* metric, Seed seed) {
  DetectionRow row = row_of(cell, metric);
  Statement sets = database.prepare("SELECT CAST(n_selected_anomalous AS REAL) / iif(?2 = 'precision', nullif(n_selected, 0), ?3)"
                                    " FROM scan_row WHERE cell = ?1 ORDER BY item");
  sets.bind(cell.integer(6), metric, cell.integer(8));
  std::vector<double> values;
  double sum = 0;
  while (sets.step()) {
    if (sets.is_null(0)) continue;
    values.push_back(sets.real(0));
    sum += values.back();
  }
  if (values.empty()) return std::nullopt;
  const Interval interval = mean_interval(values, 0.95, 1000, seed_of(row, seed.child(metric)));
  row.value = sum / static_cast<double>(values.size());
  row.ci_low = interval.low;
  row.ci_high = interval.high;
  row.n = static_cast<std::int64_t>(values.size());
  return row;
}

}  // namespace

void write_detection_power(Run& run, Database& database, Seed seed) {
  if (run.unit_done("detection power")) return;
  const CellScores scores(database, run.uid());
  std::vector<DetectionRow> rows;
  Statement cells = database.prepare(
      "SELECT detector, layer, attack, target, kind, anomalous_fraction, cell, n_inputs, n_anomalous FROM scan_cell"
      " WHERE run = ?1 AND n_anomalous > 0 ORDER BY cell");
  cells.bind(run.uid());
  while (cells.step()) {
    throw_if_interrupted();
    rows.push_back(detection_row(scores, cells, seed));
    if (cells.text(4) != "mixed") continue;
    for (const char* metric : {"precision", "recall"}) {
      if (const auto row = retrieval_row(database, cells, metric, seed)) rows.push_back(*row);
    }
  }
  run.write_unit("detection power", [&](UnitWriter& writer) {
    for (const DetectionRow& row : rows) writer.add(row);
  });
}

}  // namespace deepmine
