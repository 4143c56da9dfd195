#include "framework/core/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <vector>

#include "framework/core/control_groups.h"
#include "framework/core/error.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

using Bytes = std::uint64_t;

Bytes less(Bytes from, Bytes part) { return from > part ? from - part : 0; }

/// The number after each name of a file of "name number" lines, a colon after the name or none.
std::map<std::string, Bytes> named_numbers(const fs::path& file) {
  std::map<std::string, Bytes> result;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t name = line.find_first_of(": "), value = line.find_first_of("0123456789", name);
    if (name == std::string::npos || value == std::string::npos) continue;
    result[line.substr(0, name)] = kernel_number(line.substr(value, line.find(' ', value) - value)).value_or(0);
  }
  return result;
}

/// What this process holds.
struct Held {
  Bytes address_space = 0, memory = 0;

  explicit Held(const fs::path& root) {
    std::ifstream(root / "proc/self/statm") >> address_space >> memory;
    const auto page = static_cast<Bytes>(::sysconf(_SC_PAGESIZE));
    address_space *= page;
    memory *= page;
  }
};

/// The names of a version's files in a control group's folder.
struct GroupFiles {
  const char *limit, *use, *inactive_cache, *active_cache;
};

constexpr GroupFiles kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
                               "total_active_file"};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file", "active_file"};

/// What the group leaves free.
std::optional<Bytes> free_in(const ControlGroup& group) {
  const GroupFiles& files = group.version == 1 ? kVersion1 : kVersion2;
  const auto limit = kernel_numbers(group.folder / files.limit), use = kernel_numbers(group.folder / files.use);
  if (limit.empty() || use.empty() || !limit[0] || !use[0]) return std::nullopt;
  auto counts = named_numbers(group.folder / "memory.stat");
  return less(*limit[0], less(*use[0], counts[files.inactive_cache] + counts[files.active_cache]));
}

/// What all groups of this process leave free.
Bytes free_in_all_groups(const fs::path& root) {
  Bytes least = std::numeric_limits<Bytes>::max();
  for (const ControlGroup& group : control_groups("memory", root)) {
    least = std::min(least, free_in(group).value_or(least));
  }
  return least;
}

std::optional<Bytes> address_space_limit(const fs::path& root) {
  std::ifstream lines(root / "proc/self/limits");
  const std::string name = "Max address space";
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const std::size_t begin = line.find_first_not_of(' ', name.size());
    return kernel_number(line.substr(begin, line.find(' ', begin) - begin));
  }
  return std::nullopt;
}

}  // namespace

std::optional<MemoryInReach> memory_in_reach(const fs::path& root) {
  constexpr Bytes kNone = std::numeric_limits<Bytes>::max();
  const Held held(root);
  std::vector<MemoryInReach> bounds;
  const auto machine = named_numbers(root / "proc/meminfo");
  if (const auto found = machine.find("MemAvailable"); found != machine.end()) {
    bounds.push_back({found->second * 1024 + held.memory, "on this machine"});
  }
  if (const Bytes group = free_in_all_groups(root); group != kNone) {
    bounds.push_back({group + held.memory, "in its control group (a container's or job's limit)"});
  }
  if (const auto limit = address_space_limit(root)) {
    bounds.push_back({less(*limit, held.address_space) + held.memory, "under its limit of address space (ulimit -v)"});
  }
  std::optional<MemoryInReach> least;
  for (const MemoryInReach& bound : bounds) {
    if (!least || bound.bytes < least->bytes) least = bound;
  }
  return least;
}

Bytes held_memory(const fs::path& root) {
  ::malloc_trim(0);  // what was freed and kept would count as held, although the next may have it
  return Held(root).memory;
}

void ensure_memory(Bytes bytes, std::string_view cure, const fs::path& root) {
  const auto reach = memory_in_reach(root);
  if (!reach) return;
  ensure(bytes <= reach->bytes, "expected about {} of memory, found {} free {}; {}", memory_text(bytes),
         memory_text(reach->bytes), reach->bound, cure);
}

std::string memory_text(Bytes bytes) {
  const double value = static_cast<double>(bytes);
  return value < 1e9 ? fmt::format("{:.0f} MB", value / 1e6) : fmt::format("{:.1f} GB", value / 1e9);
}

}  // namespace deepmine
