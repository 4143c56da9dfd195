#include "framework/scan/half_step_memory.h"

namespace deepmine {

std::uint64_t HalfStepMemory::key(Axis axis, const std::vector<std::uint32_t>& fixed) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;  // spreads over all bits
  std::uint64_t key = axis == Axis::kInputs ? 1 : 2;
  for (const std::uint32_t record : fixed) key = (key ^ record) * kOdd;
  return key;
}

const SideOptimum* HalfStepMemory::find(Axis axis, const std::vector<std::uint32_t>& fixed) const {
  const auto [begin, end] = half_steps_.equal_range(key(axis, fixed));
  for (auto known = begin; known != end; ++known) {
    const HalfStep& half_step = known->second;
    if (half_step.axis == axis && half_step.fixed == fixed) return &half_step.found;
  }
  return nullptr;
}

void HalfStepMemory::keep(Axis axis, const std::vector<std::uint32_t>& fixed,
                          const SideOptimum& found) {
  constexpr std::size_t kMostRecords = 4'000'000;  // 16 MB
  records_ += fixed.size() + found.records.size();
  if (records_ > kMostRecords) {
    half_steps_.clear();
    records_ = fixed.size() + found.records.size();
  }
  half_steps_.emplace(key(axis, fixed), HalfStep{axis, fixed, found});
}

}  // namespace deepmine
