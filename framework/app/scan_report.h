#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "framework/app/json_output.h"
#include "framework/app/p_value_source.h"
#include "framework/scan/individual_scan.h"
#include "framework/scan/subset_scan.h"

namespace deepmine {

/// Which inputs are anomalous, one entry per input; empty when the user did not say.
using Truth = std::vector<std::uint8_t>;

/// What `deepmine scan` prints of a group scan.
struct ScanReport {
  const PValueMatrix& p_values;
  const ScanOptions& options;
  const ScanResult& result;
  const Truth& truth;
  std::optional<std::int64_t> label;  ///< the class all inputs share, where that was asked for
  const std::vector<LayerSpan>& layers;  ///< more than one of a joint scan
  const std::vector<std::string>& warnings;

  Json json() const;
  void print() const;

 private:
  std::vector<LayerSpan> joint() const;
  std::size_t selected_in(const LayerSpan& layer) const;
};

/// The same of every input scanned alone.
struct IndividualReport {
  const std::vector<IndividualScore>& scores;
  const Truth& truth;
  const std::vector<std::string>& warnings;

  Json json() const;
  void print() const;
};

}  // namespace deepmine
