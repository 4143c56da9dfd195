#include "framework/core/processors.h"

#include <algorithm>
#include <thread>

#include "framework/core/control_groups.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

using Number = std::optional<std::uint64_t>;

/// A quota and its period, in microseconds: two words of one file, or the files of version 1.
std::vector<Number> quota_of(const ControlGroup& group) {
  if (group.version == 2) return kernel_numbers(group.folder / "cpu.max");
  std::vector<Number> numbers = kernel_numbers(group.folder / "cpu.cfs_quota_us");
  for (const Number& period : kernel_numbers(group.folder / "cpu.cfs_period_us")) numbers.push_back(period);
  return numbers;
}

}  // namespace

std::optional<std::uint64_t> processor_quota(const fs::path& root) {
  Number least;
  for (const ControlGroup& group : control_groups("cpu", root)) {
    const std::vector<Number> numbers = quota_of(group);
    if (numbers.size() != 2 || !numbers[0] || numbers[1].value_or(0) == 0) continue;
    const std::uint64_t quota = *numbers[0] / *numbers[1] + (*numbers[0] % *numbers[1] > 0 ? 1 : 0);
    least = std::min(least.value_or(quota), quota);
  }
  return least;
}

int processors_in_reach(const fs::path& root) {
  const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  return static_cast<int>(std::max<std::uint64_t>(1, std::min(cores, processor_quota(root).value_or(cores))));
}

}  // namespace deepmine
