#include "experiments/odin_checks.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/evaluate/exceptions.h"
#include "framework/evaluate/single_metrics.h"

namespace deepmine {

CleanImages::CleanImages(Database& database, const std::string& run) {
  Statement row = database.prepare(
      "SELECT count(*), avg(i.predicted = i.label) FROM input_set AS s JOIN input AS i USING (input_set)"
      " WHERE s.run = ?1 AND s.kind = 'clean'");
  row.bind(run).step();
  count = row.integer(0);
  accuracy = row.optional_real(1);
}

namespace {

/// How far ours may be from a column of the published table: its thresholds stand on a grid, and images may be decoded
/// and networks rounded otherwise.
struct Tolerance {
  const char *column, *name;
  double auroc, fpr95;
};
constexpr Tolerance kPublished{"published", "1. AUROC is within 0.003 and FPR95 within 0.02 of the published table",
                               0.003, 0.02};
constexpr Tolerance kMeasured{
    "measured", "2. AUROC is within 0.001 and FPR95 within 0.003 of what another program measured", 0.001, 0.003};

std::optional<ShapeCheckRow> within(Database& database, const std::string& run, const Tolerance& tolerance) {
  Statement rows = database.prepare(fmt::format(
      "SELECT \"set\", metric, ours, {0} FROM odin_table WHERE run = ?1 AND {0} IS NOT NULL ORDER BY place, metric",
      tolerance.column));
  rows.bind(run);
  Exceptions exceptions;
  int cells = 0;
  while (rows.step()) {
    ++cells;
    const double ours = rows.real(2), theirs = rows.real(3),
                 allowed = rows.text(1) == "auroc" ? tolerance.auroc : tolerance.fpr95;
    if (std::abs(ours - theirs) <= allowed + 1e-9) continue;
    exceptions.add(fmt::format("{} {}: {:.4f}, {} {:.4f}", rows.text(0), rows.text(1), ours, tolerance.column, theirs));
  }
  if (cells == 0) return std::nullopt;
  return ShapeCheckRow{tolerance.name, exceptions.count() == 0, fmt::format("{} cells, {}", cells, exceptions.text())};
}

/// That the weights are those of the measured column, where that is compared with.
ShapeCheckRow same_accuracy(Database& database, const std::string& run) {
  Statement row = database.prepare("SELECT value FROM published WHERE paper = 'odin' AND metric = 'accuracy'");
  row.step();
  const double expected = row.real(0), found = CleanImages(database, run).accuracy.value_or(std::nan(""));
  return {"3. the network's accuracy is within 0.0005 of what another program measured",
          std::abs(found - expected) <= 0.0005, fmt::format("{:.4f}, measured {:.4f}", found, expected)};
}

}  // namespace

void conclude_odin(Run& run, Database& database, std::uint64_t seed) {
  write_single_metrics(run, database, Seed(seed).child("odin").child("intervals"));
  if (run.unit_done("shape checks")) return;
  std::vector<ShapeCheckRow> checks;
  for (const Tolerance& tolerance : {kPublished, kMeasured}) {
    if (const auto check = within(database, run.uid(), tolerance)) checks.push_back(*check);
  }
  if (!checks.empty()) checks.push_back(same_accuracy(database, run.uid()));
  run.write_unit("shape checks", [&](UnitWriter& writer) {
    for (const ShapeCheckRow& check : checks) writer.add(check);
  });
}

}  // namespace deepmine
