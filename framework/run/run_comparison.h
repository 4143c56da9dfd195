#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/run/database.h"

namespace deepmine {

/// The rows of one kind that two runs have in common, and the first that they have not.
struct RowComparison {
  struct Difference {
    std::string key;    ///< which row: "target=3, anomalous_fraction=0.1, replicate=7"
    std::string first;  ///< what differs: "score=12.5, alpha=0.2"; "missing"
    std::string second;
  };
  std::string rows;              ///< "scores", "detection", ...
  std::int64_t n_equal = 0;
  std::int64_t n_different = 0;  ///< rows that differ or are missing on one side
  std::vector<Difference> examples = {};  ///< the first few of them
};

/// Compares everything two runs measured, row by row, but what may differ: uid, times, paths. The runs may lie in
/// different stores.
std::vector<RowComparison> compare_runs(Database& first, const std::string& first_run, Database& second,
                                        const std::string& second_run);

}  // namespace deepmine
