#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/spec.h"

namespace deepmine {

/// What a run is measured on that scores images one by one: see `Benchmark`. Experiments derive their options from
/// these.
struct BenchmarkOptions {
  std::string dataset;
  std::string model;
  std::string ood;
  std::string detector = "msp";
  std::int64_t skip = 0;
  std::string whole;
  std::int64_t fit = 0;
  std::int64_t learnt_from = 0;  ///< first test images that are learnt from, and left out like `skip`; no option

  /// `source`: where the experiment's defaults come from.
  void describe(Fields& fields, const std::string& source);
  /// Writes specs out, as a run's key has them.
  void write_out();
  /// The canonical specs of the sets of `ood`.
  std::vector<std::string> ood_sets() const;
  /// How many of the first images of a set of `ood`, a canonical spec, are left out.
  std::int64_t skipped(const std::string& set) const;
  /// The in-distribution ones that are left out, and the option that says so.
  std::int64_t clean_skipped() const { return std::max(skip, learnt_from); }
  const char* skipped_by() const { return learnt_from > skip ? "pairs-block" : "skip"; }
  /// Throws `Error` for sets that do not fit each other, and for a detector that scores groups.
  void check_sets() const;
  /// The same, and for a detector that learns from more than clean images.
  void check() const;
};

/// The options as a run's key has them: specs written out, without the model, for which its weights' checksum stands.
template <typename Options>
std::map<std::string, std::string> canonical_values(Options options) {
  options.write_out();
  Fields fields;
  options.describe(fields);
  auto values = fields.values();
  values.erase("model");
  return values;
}

}  // namespace deepmine
