#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "framework/run/run_key.h"
#include "framework/run/unit_writer.h"

namespace deepmine {

/// Puts down the rows that measuring a unit came to.
using Write = std::function<void(UnitWriter&)>;

/// A part of a run that is measured by itself, by any process, and written whole.
struct Unit {
  std::string name;               ///< in the store
  std::function<Write()> measure; ///< the work; only what it returns touches the store
};

/// What a process may come to hold, and what helps where it cannot.
struct MemoryNeed {
  std::uint64_t bytes;  ///< about; what is held already included
  std::string cure;
};

/// A run that is ready to be measured. What several units share is worked out when the first of them is measured.
class Measurement {
 public:
  virtual ~Measurement() = default;

  virtual RunKey key() const = 0;
  /// All of them, in the order in which one process measures them, the same every time. They refer to this measurement.
  virtual std::vector<Unit> units() = 0;
  /// What the run is measured with: its dataset, its models, and what is doubtful about them.
  virtual void write_inputs(UnitWriter& writer) const = 0;
  /// Of a process that measures all units.
  virtual MemoryNeed memory() const = 0;
};

}  // namespace deepmine
