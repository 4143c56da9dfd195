#include "experiments/deep_mining_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/deep_mining_cells.h"
#include "framework/evaluate/detection_power.h"
#include "framework/evaluate/parameter.h"
#include "framework/learn/roc.h"

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

ShapeCheckRow attacks_succeed(Database& database, const std::string& run) {
  Statement row = database.prepare(
      "SELECT min(success_rate), count(*) FROM attack_set WHERE run = ?1");
  row.bind(run).step();
  return {"0. the attack succeeds on at least 95 % of the images, every target", row.real(0) >= 0.95,
          fmt::format("lowest success rate {:.3f} of {} targets", row.real(0), row.integer(1))};
}

ShapeCheckRow null_calibration(Database& database, const std::string& run) {
  Statement rows = database.prepare("SELECT score FROM scan WHERE run = ?1 AND kind = 'null' ORDER BY replicate");
  rows.bind(run);
  std::vector<double> all;
  while (rows.step()) all.push_back(rows.real(0));
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  const double power = auroc({all.begin(), middle}, {middle, all.end()});
  // The standard deviation under the null is sqrt((n1 + n2 + 1) / (12 n1 n2)); 0.04 for 50 + 50.
  const double half = static_cast<double>(all.size()) / 2;
  const double bound = std::max(0.08, 2 * std::sqrt((2 * half + 1) / (12 * half * half)));
  return {"5a. two halves of the clean test sets are not told apart",
          std::abs(power - 0.5) <= bound,
          fmt::format("AUROC {:.3f}, expected 0.5 +- {:.2f}", power, bound)};
}

/// The checks that are meant for what the run scanned: the paper's claims are about its images and its setting.
std::vector<ShapeCheckRow> table_checks(Database& database, const std::string& run) {
  const DeepMiningCells cells(database, run);
  const Spec detector = Spec::parse(cells.detector());
  const auto tails = detector.values.find("tails");
  if (tails != detector.values.end() && tails->second == "both") return cells.two_sided_checks();
  if (parameter(database, run, "dataset") == "cifar10") return cells.shape_checks();
  return {};
}

}  // namespace

ShapeCheckRow accuracy_check(double accuracy, std::int64_t images) {
  return {"0. the network gives at least 88 % of the clean images their class", accuracy >= 0.88,
          fmt::format("{:.4f} of {} images", accuracy, images)};
}

ShapeCheckRow clean_p_values_check(MatrixView<std::uint32_t> numerators, std::uint32_t denominator) {
  const double bound = 1.95 * std::sqrt(1.0 / static_cast<double>(numerators.rows()) + 1.0 / (denominator - 1.0));
  std::vector<std::uint32_t> node(numerators.rows());
  std::size_t within = 0;
  double worst = 0;
  for (std::size_t j = 0; j < numerators.cols(); ++j) {
    for (std::size_t i = 0; i < numerators.rows(); ++i) node[i] = numerators(i, j);
    const double distance = ks_distance(node, denominator);
    within += distance <= bound ? 1 : 0;
    worst = std::max(worst, distance);
  }
  const double share = static_cast<double>(within) / static_cast<double>(numerators.cols());
  return {"5b. clean p-values are near uniform at 99 % of the nodes", share >= 0.99,
          fmt::format("{:.2f} % of {} nodes within Kolmogorov-Smirnov distance {:.4f}, largest {:.4f}",
                      100 * share, numerators.cols(), bound, worst)};
}

void conclude_deep_mining(Run& run, Database& database, std::uint64_t seed) {
  write_detection_power(run, database, Seed(seed).child("deep-mining").child("intervals"));
  if (run.unit_done("shape checks")) return;
  std::vector<ShapeCheckRow> checks = table_checks(database, run.uid());
  checks.push_back(attacks_succeed(database, run.uid()));
  checks.push_back(null_calibration(database, run.uid()));
  run.write_unit("shape checks", [&](UnitWriter& writer) {
    for (const ShapeCheckRow& check : checks) writer.add(check);
  });
}

}  // namespace deepmine
