#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/core/spec.h"
#include "framework/run/database.h"
#include "framework/run/rows.h"

namespace deepmine {

/// The cells of Table 1 that a run measured, as the view `deep_mining_table1` gives them.
class DeepMiningCells {
 public:
  struct Cell {
    std::optional<double> ours, published;
  };

  DeepMiningCells(Database& database, const std::string& run);

  /// Empty values where nothing was measured or published.
  Cell at(const std::string& target, const std::string& column, const std::string& metric) const;
  const std::vector<std::string>& targets() const { return targets_; }  ///< "0" ... "9"
  const std::vector<std::string>& columns() const { return columns_; }  ///< "6" ... "14", ascending
  const std::string& run() const { return run_; }
  const std::string& detector() const { return detector_; }  ///< canonical
  /// The preset whose options the detector has, if any.
  std::optional<Preset> preset() const;
  /// What the run is called beside others.
  std::string label() const;
  bool has_all() const { return has_all_; }  ///< anomalous inputs of all targets together
  /// The mean over single targets of our values in a column.
  double mean(const std::string& column, const std::string& metric) const;
  /// The same of the published values; none where not all are published.
  std::optional<double> published_mean(const std::string& column, const std::string& metric) const;

  /// What must hold of Table 1 (subset scanning, shape checks 1 to 4): of the paper's images, scanned for large
  /// activations.
  std::vector<ShapeCheckRow> shape_checks() const;
  /// What is expected of scans for large and small activations, whatever the images.
  std::vector<ShapeCheckRow> two_sided_checks() const;

 private:
  double ours(const std::string& target, const std::string& column, const char* metric) const;
  ShapeCheckRow rises(const char* metric, double slack, std::string name) const;
  ShapeCheckRow reaches(const std::string& column, double share, std::string name) const;
  ShapeCheckRow groups_beat_individuals(const std::string& column) const;
  ShapeCheckRow all_is_harder() const;
  ShapeCheckRow power_is_at_least(double least) const;
  ShapeCheckRow recall_exceeds_precision() const;

  std::string run_, detector_;
  std::map<std::string, Cell> cells_;
  std::vector<std::string> targets_, columns_;
  bool has_all_ = false;
};

}  // namespace deepmine
