#pragma once

#include <cstdint>
#include <string>

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
  void add(const DetectionRow& row);
  /// Replaces an earlier check of that name.
  void add(const ShapeCheckRow& row);

  /// The number of the run's cell equal to `cell`, which is added when it is new; for `add` below.
  std::int64_t cell(const ScanCell& cell);
  void add(std::int64_t cell, const ScanRow& row);

 private:
  Database& database_;
  std::string run_;
};

}  // namespace deepmine
