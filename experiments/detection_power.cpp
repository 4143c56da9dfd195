#include "experiments/detection_power.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "framework/scan/roc.h"

namespace deepmine {
namespace {

/// What a cell of scans is compared by: the scores of a run under one layer and detector.
class CellScores {
 public:
  CellScores(Database& database, std::string run) : database_(database), run_(std::move(run)) {}

  std::vector<double> noised(std::int64_t cell) const {
    Statement rows = database_.prepare("SELECT score FROM scan_row WHERE cell = ?1 ORDER BY item");
    rows.bind(cell);
    return all(rows);
  }
  std::vector<double> clean(const std::string& layer, const std::string& detector,
                            std::int64_t n_inputs) const {
    Statement rows = database_.prepare(
        "SELECT r.score FROM scan_cell AS c JOIN scan_row AS r ON r.cell = c.cell WHERE c.run = ?1"
        " AND c.layer = ?2 AND c.detector = ?3 AND c.n_inputs = ?4 AND c.n_noised = 0 ORDER BY r.item");
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

DetectionRow detection_row(const CellScores& scores, const Statement& cell, Seed seed) {
  DetectionRow row;
  row.detector = cell.text(0);
  row.layer = cell.text(1);
  row.attack = cell.text(2);
  row.target = cell.text(3);
  row.kind = cell.text(4);
  row.noised_fraction = cell.optional_real(5);
  row.metric = "auroc";
  const auto noised = scores.noised(cell.integer(6));
  const auto clean = scores.clean(row.layer, row.detector, cell.integer(7));
  const Seed draws = seed.child(*row.target).child(
      row.noised_fraction ? fmt::format("{:g} %", 100 * *row.noised_fraction) : "individual");
  const Interval interval = auroc_interval(noised, clean, 0.95, 1000, draws);
  row.value = auroc(noised, clean);
  row.ci_low = interval.low;
  row.ci_high = interval.high;
  row.n = static_cast<std::int64_t>(noised.size());
  return row;
}

}  // namespace

void write_detection_power(Run& run, Database& database, Seed seed) {
  if (run.unit_done("detection power")) return;
  const CellScores scores(database, run.uid());
  std::vector<DetectionRow> rows;
  Statement cells = database.prepare(
      "SELECT detector, layer, attack, target, kind, noised_fraction, cell, n_inputs FROM scan_cell"
      " WHERE run = ?1 AND n_noised > 0 ORDER BY cell");
  cells.bind(run.uid());
  while (cells.step()) rows.push_back(detection_row(scores, cells, seed));
  run.write_unit("detection power", [&](UnitWriter& writer) {
    for (const DetectionRow& row : rows) writer.add(row);
  });
}

}  // namespace deepmine
