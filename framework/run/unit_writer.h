#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/run/database.h"
#include "framework/run/rows.h"

namespace deepmine {

/// Adds rows of one unit of one run inside the transaction that `Run::write_unit` opened. Every
/// `add` throws `std::logic_error` when a row of the same key is present with another unit.
class UnitWriter {
 public:
  UnitWriter(Database& database, std::string run) : database_(database), run_(std::move(run)) {}

  /// Content is named by its checksum: what is present already is left as it is.
  void add(const DatasetRow& row);
  void add(const ModelRow& row);
  void add(const ArtifactRow& row);

  /// A file that stands in `role` beside the inputs the run began with.
  void input(const std::string& role, const std::string& sha256);

  void add(const AttackSetRow& row);
  /// Replaces an earlier check of that name.
  void add(const ShapeCheckRow& row);

  /// The number of the run's set of that name, which is added with its inputs when it is new; for `cell`. Sets of one
  /// name are equal: each unit that needs a set names it whole, or the part that it scores, since it may be the first
  /// or write into a store of its own. Throws `std::logic_error` for another number of inputs.
  std::int64_t input_set(const InputSetRow& set);
  /// The number of the run's cell equal to `cell` of a set, which is added when it is new; for what follows.
  std::int64_t cell(std::int64_t input_set, const ScoreCell& cell);
  /// The scores of a cell, items `first`, `first` + 1, ... Throws `Error` for NaN.
  void add_scores(std::int64_t cell, const std::vector<double>& scores, std::int64_t first = 0);
  /// A score with what its scan says.
  void add(std::int64_t cell, const ScanRow& row);
  void add(std::int64_t cell, const DetectionRow& row);

 private:
  std::int64_t added(const InputSetRow& set, std::int64_t n);
  void add_inputs(std::int64_t input_set, const InputSetRow& set);
  Statement& new_score();

  Database& database_;
  std::string run_;
};

}  // namespace deepmine
