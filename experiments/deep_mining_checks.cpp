#include "experiments/deep_mining_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/deep_mining_cells.h"
#include "framework/scan/p_values.h"
#include "framework/scan/roc.h"

namespace deepmine {
namespace {

/// Largest distance of the p-values' distribution from the uniform one, at attained values.
/// `numerators` are sorted in place.
double ks_distance(std::vector<std::uint32_t>& numerators, std::uint32_t denominator) {
  std::sort(numerators.begin(), numerators.end());
  double distance = 0;
  for (std::size_t i = 0; i < numerators.size(); ++i) {
    if (i + 1 < numerators.size() && numerators[i + 1] == numerators[i]) continue;
    const double share = static_cast<double>(i + 1) / static_cast<double>(numerators.size());
    const double p = static_cast<double>(numerators[i]) / denominator;
    distance = std::max(distance, std::abs(share - p));
  }
  return distance;
}

std::vector<double> scores(Database& database, const std::string& run, const std::string& kind,
                           const std::optional<std::string>& target,
                           const std::optional<double>& fraction, bool noised) {
  Statement rows = database.prepare(
      "SELECT score FROM scan WHERE run = ?1 AND kind = ?2 AND target IS ?3"
      " AND (?4 IS NULL OR noised_fraction = ?4) AND (n_noised > 0) = ?5"
      " ORDER BY replicate, input");
  rows.bind(run, kind, target, fraction, noised);
  std::vector<double> result;
  while (rows.step()) result.push_back(rows.real(0));
  return result;
}

DetectionRow detection_row(Database& database, const std::string& run, const Statement& cell,
                           Seed seed) {
  DetectionRow row;
  row.detector = cell.text(0);
  row.layer = cell.text(1);
  row.attack = cell.text(2);
  row.target = cell.text(3);
  row.kind = cell.text(4);
  row.noised_fraction = cell.optional_real(5);
  row.metric = "auroc";
  const bool alone = row.kind == "individual";
  const auto noised = scores(database, run, row.kind, row.target, row.noised_fraction, true);
  const auto clean = scores(database, run, alone ? "individual" : "null", std::nullopt,
                            std::nullopt, false);
  const Seed draws = seed.child(*row.target).child(
      row.noised_fraction ? fmt::format("{:g} %", 100 * *row.noised_fraction) : "individual");
  const Interval interval = auroc_interval(noised, clean, 0.95, 1000, draws);
  row.value = auroc(noised, clean);
  row.ci_low = interval.low;
  row.ci_high = interval.high;
  row.n = static_cast<std::int64_t>(noised.size());
  return row;
}

ShapeCheckRow attacks_succeed(Database& database, const std::string& run) {
  Statement row = database.prepare(
      "SELECT min(success_rate), count(*) FROM attack_set WHERE run = ?1");
  row.bind(run).step();
  return {"0. the attack succeeds on at least 95 % of the images, every target", row.real(0) >= 0.95,
          fmt::format("lowest success rate {:.3f} of {} targets", row.real(0), row.integer(1))};
}

ShapeCheckRow null_calibration(Database& database, const std::string& run) {
  const auto all = scores(database, run, "null", std::nullopt, std::nullopt, false);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  const double power = auroc({all.begin(), middle}, {middle, all.end()});
  // The standard deviation under the null is sqrt((n1 + n2 + 1) / (12 n1 n2)); 0.04 for 50 + 50.
  const double half = static_cast<double>(all.size()) / 2;
  const double bound = std::max(0.08, 2 * std::sqrt((2 * half + 1) / (12 * half * half)));
  return {"5a. two halves of the clean test sets are not told apart",
          std::abs(power - 0.5) <= bound,
          fmt::format("AUROC {:.3f}, expected 0.5 +- {:.2f}", power, bound)};
}

}  // namespace

void check_accuracy(Run& run, double accuracy, std::int64_t images) {
  if (run.unit_done("accuracy")) return;
  const ShapeCheckRow row{"0. the network gives at least 88 % of the clean images their class",
                          accuracy >= 0.88,
                          fmt::format("{:.4f} of {} images", accuracy, images)};
  run.write_unit("accuracy", [&](UnitWriter& writer) { writer.add(row); });
}

void check_null_p_values(Run& run, MatrixView<float> background, MatrixView<float> clean,
                         int threads) {
  if (run.unit_done("clean p-values")) return;
  const auto count = static_cast<std::size_t>(threads);
  const SortedBackground<float> sorted(background, count);
  const auto numerators = sorted.numerators(clean, PValueEnd::kUpper, count);
  const double bound = 1.95 * std::sqrt(1.0 / static_cast<double>(clean.rows()) +
                                        1.0 / static_cast<double>(background.rows()));
  std::vector<std::uint32_t> node(clean.rows());
  std::size_t within = 0;
  double worst = 0;
  for (std::size_t j = 0; j < clean.cols(); ++j) {
    for (std::size_t i = 0; i < clean.rows(); ++i) node[i] = numerators(i, j);
    const double distance = ks_distance(node, sorted.denominator());
    within += distance <= bound ? 1 : 0;
    worst = std::max(worst, distance);
  }
  const double share = static_cast<double>(within) / static_cast<double>(clean.cols());
  const ShapeCheckRow row{
      "5b. clean p-values are near uniform at 99 % of the nodes", share >= 0.99,
      fmt::format("{:.2f} % of {} nodes within Kolmogorov-Smirnov distance {:.4f}, largest {:.4f}",
                  100 * share, clean.cols(), bound, worst)};
  run.write_unit("clean p-values", [&](UnitWriter& writer) { writer.add(row); });
}

void write_detection_power(Run& run, Database& database, Seed seed) {
  if (run.unit_done("detection power")) return;
  std::vector<DetectionRow> rows;
  Statement cells = database.prepare(
      "SELECT detector, layer, attack, target, kind, noised_fraction FROM scan_cell"
      " WHERE run = ?1 AND n_noised > 0 ORDER BY cell");
  cells.bind(run.uid());
  while (cells.step()) rows.push_back(detection_row(database, run.uid(), cells, seed));
  run.write_unit("detection power", [&](UnitWriter& writer) {
    for (const DetectionRow& row : rows) writer.add(row);
  });
}

void write_shape_checks(Run& run, Database& database) {
  if (run.unit_done("shape checks")) return;
  std::vector<ShapeCheckRow> checks = DeepMiningCells(database, run.uid()).shape_checks();
  checks.push_back(attacks_succeed(database, run.uid()));
  checks.push_back(null_calibration(database, run.uid()));
  run.write_unit("shape checks", [&](UnitWriter& writer) {
    for (const ShapeCheckRow& check : checks) writer.add(check);
  });
}

}  // namespace deepmine
