#include "framework/evaluate/single_metrics.h"

#include <string>
#include <utility>
#include <vector>

#include "framework/core/interrupt.h"
#include "framework/evaluate/cell_scores.h"
#include "framework/learn/detection_metrics.h"
#include "framework/learn/roc.h"

namespace deepmine {
namespace {

std::vector<DetectionRow> rows_of(const std::vector<double>& clean, const std::vector<double>& anomalous, Seed seed) {
  const DetectionMetrics metrics = detection_metrics(clean, anomalous);
  const Interval interval = auroc_interval(anomalous, clean, 0.95, 1000, seed);
  std::vector<DetectionRow> rows{{"auroc", metrics.auroc, interval.low, interval.high},
                                 {"fpr95", metrics.fpr()},
                                 {"detection-error", metrics.error()},
                                 {"best-accuracy", metrics.best_accuracy},
                                 {"aupr-in", metrics.aupr_in},
                                 {"aupr-out", metrics.aupr_out}};
  for (DetectionRow& row : rows) row.n = static_cast<std::int64_t>(anomalous.size());
  return rows;
}

}  // namespace

void write_single_metrics(Run& run, Database& database, Seed seed) {
  constexpr const char* kUnit = "detection metrics";
  if (run.unit_done(kUnit)) return;
  Statement cells = database.prepare(
      "SELECT c.cell, clean.cell, s.name || ' / ' || c.part FROM score_cell AS c JOIN input_set AS s USING (input_set)"
      " JOIN input_set AS normal ON normal.run = c.run AND normal.kind = 'clean'"
      " JOIN score_cell AS clean ON clean.run = c.run AND clean.input_set = normal.input_set AND clean.kind = "
      "'individual'  AND clean.detector = c.detector AND clean.layer = c.layer AND clean.part = c.part"
      " WHERE c.run = ?1 AND c.kind = 'individual' AND s.kind <> 'clean' ORDER BY c.cell");
  cells.bind(run.uid());
  std::vector<std::pair<std::int64_t, std::vector<DetectionRow>>> found;
  while (cells.step()) {
    throw_if_interrupted();
    found.emplace_back(cells.integer(0), rows_of(scores_of(database, cells.integer(1)),
                                                 scores_of(database, cells.integer(0)), seed.child(cells.text(2))));
  }
  run.write_unit(kUnit, [&](UnitWriter& writer) {
    for (const auto& [cell, rows] : found) {
      for (const DetectionRow& row : rows) writer.add(cell, row);
    }
  });
}

}  // namespace deepmine
