#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "framework/run/result_store.h"

namespace deepmine {

/// What merging a store brought.
struct MergeReport {
  std::int64_t n_runs = 0;   ///< runs that were not there
  std::int64_t n_units = 0;  ///< units that were not there
  std::int64_t n_rows = 0;   ///< scores that were not there
};

/// Copies into `target` what `shard`, another store, holds and it does not, in one transaction: after an error or a
/// kill nothing of the shard is merged, and merging it again changes nothing. Rows are the same when they say the
/// same of the same run; the time a scan took is no result and is not compared. A run is finished when it was in
/// either store. Throws `Error` when the shard is damaged or no store of this version, and naming run and rows
/// where the two hold different rows under one key.
MergeReport merge_store(ResultStore& target, const std::filesystem::path& shard);

}  // namespace deepmine
