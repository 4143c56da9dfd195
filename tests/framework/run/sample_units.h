#pragma once

#include <fmt/format.h>

#include <string>

#include "framework/run/result_store.h"
#include "tests/framework/run/sample_run.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {

inline constexpr int kUnits = 6;
inline constexpr int kRowsPerUnit = 300;

inline std::string unit_name(int unit) { return fmt::format("target {}", unit); }

/// One unit of made-up scans; `before_row` is called in front of every row and at the end.
template <typename Hook>
void write_sample_unit(UnitWriter& writer, int unit, Hook before_row) {
  const std::int64_t cell = cell_in(writer, mixed_cell(std::to_string(unit), 50));
  for (int i = 0; i < kRowsPerUnit; ++i) {
    before_row(i);
    ScanRow row = scan_of(i, 1000.0 / (1 + unit * kRowsPerUnit + i));
    row.start_scores = {row.score, row.score / 2};
    writer.add(cell, row);
  }
  before_row(kRowsPerUnit);
}

inline void write_all_units(Run& run) {
  for (int unit = 0; unit < kUnits; ++unit) {
    if (run.unit_done(unit_name(unit))) continue;
    run.write_unit(unit_name(unit),
                   [&](UnitWriter& writer) { write_sample_unit(writer, unit, [](int) {}); });
  }
  run.finish();
}

inline const char* const kAllRows = "SELECT * FROM scan_result ORDER BY target, replicate";

inline std::string rows_of_undisturbed_run() {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  Run run = begin_sample(store);
  write_all_units(run);
  return rows_of(store, kAllRows);
}

}  // namespace deepmine
