#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "framework/scan/axis_search.h"
#include "framework/scan/start.h"

namespace deepmine {

/// The half steps of one scan. Ascents from different starts often meet, and from there on repeat
/// each other: a third of all half steps where the anomaly is clear. Forgets all when it grows large.
class HalfStepMemory {
 public:
  /// What optimising `axis` gave for the same `fixed` records of the other, or null.
  const SideOptimum* find(Axis axis, const std::vector<std::uint32_t>& fixed) const;
  void keep(Axis axis, const std::vector<std::uint32_t>& fixed, const SideOptimum& found);

 private:
  struct HalfStep {
    Axis axis;
    std::vector<std::uint32_t> fixed;
    SideOptimum found;
  };

  static std::uint64_t key(Axis axis, const std::vector<std::uint32_t>& fixed);

  std::unordered_multimap<std::uint64_t, HalfStep> half_steps_;
  std::size_t records_ = 0;  ///< in all of them
};

}  // namespace deepmine
