#include "experiments/deep_mining_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "framework/detect/group_detector.h"
#include "framework/evaluate/exceptions.h"
#include "framework/evaluate/parameter.h"

namespace deepmine {
namespace {

std::string key(const std::string& target, const std::string& column, const std::string& metric) {
  return target + "/" + column + "/" + metric;
}

}  // namespace

DeepMiningCells::DeepMiningCells(Database& database, const std::string& run)
    : run_(run), detector_(parameter(database, run, "detector")) {
  Statement rows = database.prepare(
      "SELECT target, col, metric, ours, published FROM deep_mining_table1 WHERE run = ?1");
  rows.bind(run);
  std::set<std::string> targets;
  std::set<std::pair<int, std::string>> columns;
  while (rows.step()) {
    const std::string target = rows.text(0), column = rows.text(1);
    cells_[key(target, column, rows.text(2))] = {rows.optional_real(3), rows.optional_real(4)};
    has_all_ = has_all_ || target == "All";
    if (target.size() == 1) targets.insert(target);
    if (column != "individual") columns.emplace(std::stoi(column), column);
  }
  targets_.assign(targets.begin(), targets.end());
  for (const auto& [number, column] : columns) columns_.push_back(column);
}

DeepMiningCells::Cell DeepMiningCells::at(const std::string& target, const std::string& column,
                                          const std::string& metric) const {
  const auto cell = cells_.find(key(target, column, metric));
  return cell == cells_.end() ? Cell{} : cell->second;
}

double DeepMiningCells::ours(const std::string& target, const std::string& column,
                             const char* metric) const {
  // Comparisons with NaN are false, so a cell that was not measured passes no check.
  return at(target, column, metric).ours.value_or(std::numeric_limits<double>::quiet_NaN());
}

double DeepMiningCells::mean(const std::string& column, const std::string& metric) const {
  double sum = 0;
  for (const std::string& target : targets_) sum += ours(target, column, metric.c_str());
  return sum / static_cast<double>(targets_.size());
}

std::optional<Preset> DeepMiningCells::preset() const {
  const auto& detectors = Registry<Detector>::instance();
  const std::string name = detector_.substr(0, detector_.find(':'));
  if (!detectors.contains(name)) return std::nullopt;
  for (const Preset& preset : detectors.describe(name).presets) {
    if (detectors.canonical({name, {{"preset", preset.name}}}) == detector_) return preset;
  }
  return std::nullopt;
}

std::string DeepMiningCells::label() const {
  const auto found = preset();
  if (!found) return detector_;
  return found->name == "paper" ? "paper's setting" : found->name;
}

std::optional<double> DeepMiningCells::published_mean(const std::string& column, const std::string& metric) const {
  double sum = 0;
  for (const std::string& target : targets_) {
    const std::optional<double> value = at(target, column, metric).published;
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum / static_cast<double>(targets_.size());
}

ShapeCheckRow DeepMiningCells::rises(const char* metric, double slack, std::string name) const {
  Exceptions exceptions;
  for (const std::string& target : targets_) {
    for (std::size_t i = 1; i < columns_.size(); ++i) {
      const double before = ours(target, columns_[i - 1], metric);
      const double after = ours(target, columns_[i], metric);
      if (after >= before - slack) continue;
      exceptions.add(fmt::format("target {}: {:.3f} at {} %, {:.3f} at {} %", target, before,
                                 columns_[i - 1], after, columns_[i]));
    }
  }
  return {std::move(name), exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow DeepMiningCells::reaches(const std::string& column, double share,
                                       std::string name) const {
  Exceptions exceptions;
  for (const std::string& target : targets_) {
    const double power = ours(target, column, "auroc");
    if (!(power >= 0.95)) exceptions.add(fmt::format("target {}: {:.3f}", target, power));
  }
  const auto count = static_cast<double>(targets_.size());
  const auto needed = static_cast<std::size_t>(std::ceil(share * count - 1e-9));
  return {fmt::format("{} for {} of {} targets", name, needed, targets_.size()),
          targets_.size() - exceptions.count() >= needed, exceptions.text()};
}

ShapeCheckRow DeepMiningCells::groups_beat_individuals(const std::string& column) const {
  Exceptions exceptions;
  for (const std::string& target : targets_) {
    const double group = ours(target, column, "auroc");
    const double alone = ours(target, "individual", "auroc");
    if (!(group > alone)) {
      exceptions.add(fmt::format("target {}: {:.3f}, individual {:.3f}", target, group, alone));
    }
  }
  return {"2. AUROC of groups exceeds that of single inputs at 10 %, every target",
          exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow DeepMiningCells::all_is_harder() const {
  Exceptions exceptions;
  for (const std::string& column : columns_) {
    const double all = ours("All", column, "auroc"), single = mean(column, "auroc");
    if (!(all < single)) exceptions.add(fmt::format("{} %: {:.3f}, mean {:.3f}", column, all, single));
  }
  return {"3. AUROC of All is below the mean of single targets at every share",
          exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow DeepMiningCells::power_is_at_least(double least) const {
  Exceptions exceptions;
  for (const std::string& column : columns_) {
    const double single = mean(column, "auroc");
    if (!(single >= least)) exceptions.add(fmt::format("mean of targets at {} %: {:.3f}", column, single));
    if (!has_all_) continue;
    const double all = ours("All", column, "auroc");
    if (!(all >= least)) exceptions.add(fmt::format("All at {} %: {:.3f}", column, all));
  }
  return {fmt::format("6. AUROC is at least {:g} at every share, mean of the targets and All", least),
          exceptions.count() == 0, exceptions.text()};
}

ShapeCheckRow DeepMiningCells::recall_exceeds_precision() const {
  Exceptions exceptions;
  for (const std::string& target : targets_) {
    for (const std::string& column : columns_) {
      const double precision = ours(target, column, "precision");
      const double recall = ours(target, column, "recall");
      if (recall >= 0.65 && recall > precision) continue;
      exceptions.add(fmt::format("target {} at {} %: recall {:.3f}, precision {:.3f}", target,
                                 column, recall, precision));
    }
  }
  return {"4b. recall is at least 0.65 and above precision, every cell", exceptions.count() == 0,
          exceptions.text()};
}

std::vector<ShapeCheckRow> DeepMiningCells::shape_checks() const {
  const auto measured = [&](const char* column) {
    return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
  };
  std::vector<ShapeCheckRow> checks;
  checks.push_back(rises("auroc", 0.03, "1a. AUROC rises with the anomalous share, within 0.03, every target"));
  if (measured("12")) {
    checks.push_back(reaches("12", 0.8, "1b. AUROC is at least 0.95 at 12 %"));
  }
  if (measured("14")) checks.push_back(reaches("14", 1, "1c. AUROC is at least 0.95 at 14 %"));
  if (measured("10")) checks.push_back(groups_beat_individuals("10"));
  if (has_all_) checks.push_back(all_is_harder());
  checks.push_back(rises("precision", 0, "4a. precision rises with the anomalous share, every target"));
  checks.push_back(recall_exceeds_precision());
  return checks;
}

std::vector<ShapeCheckRow> DeepMiningCells::two_sided_checks() const {
  std::vector<ShapeCheckRow> checks{power_is_at_least(0.9)};
  if (std::find(columns_.begin(), columns_.end(), "10") != columns_.end()) {
    checks.push_back(groups_beat_individuals("10"));
  }
  return checks;
}

}  // namespace deepmine
