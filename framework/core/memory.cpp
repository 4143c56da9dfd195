#include "framework/core/memory.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <limits>
#include <map>
#include <vector>

#include "framework/core/error.h"

namespace deepmine {
namespace fs = std::filesystem;

namespace {

using Bytes = std::uint64_t;

Bytes less(Bytes from, Bytes part) { return from > part ? from - part : 0; }

std::optional<Bytes> number(const std::string& word) {
  Bytes value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, status] = std::from_chars(word.data(), end, value);
  return status == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

/// The first word of a file, where it is a number: not for "max".
std::optional<Bytes> number_in(const fs::path& file) {
  std::string word;
  std::ifstream(file) >> word;
  return number(word);
}

/// The number after each name of a file of "name number" lines, a colon after the name or none.
std::map<std::string, Bytes> named_numbers(const fs::path& file) {
  std::map<std::string, Bytes> result;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t name = line.find_first_of(": "), value = line.find_first_of("0123456789", name);
    if (name == std::string::npos || value == std::string::npos) continue;
    result[line.substr(0, name)] = number(line.substr(value, line.find(' ', value) - value)).value_or(0);
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

constexpr GroupFiles kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "total_active_file"};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file", "active_file"};

/// What the group of `folder` leaves free.
std::optional<Bytes> free_in_group(const fs::path& folder, const GroupFiles& files) {
  const auto limit = number_in(folder / files.limit), use = number_in(folder / files.use);
  if (!limit || !use) return std::nullopt;
  auto counts = named_numbers(folder / "memory.stat");
  return less(*limit, less(*use, counts[files.inactive_cache] + counts[files.active_cache]));
}

/// What the group and those around it leave free; a container sees its own as the outermost.
Bytes free_in_groups(const fs::path& mount, const std::string& group, const GroupFiles& files) {
  Bytes least = std::numeric_limits<Bytes>::max();
  fs::path place = fs::path(group).relative_path();
  while (true) {
    least = std::min(least, free_in_group(mount / place, files).value_or(least));
    if (place.empty()) return least;
    place = place.parent_path();
  }
}

/// By the lines "number:controllers:group" of this process, version 2's without controllers.
Bytes free_in_all_groups(const fs::path& root) {
  const fs::path mount = root / "sys/fs/cgroup";
  Bytes least = std::numeric_limits<Bytes>::max();
  std::ifstream lines(root / "proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") least = std::min(least, free_in_groups(mount, group, kVersion2));
    if (controllers.find(",memory,") == std::string::npos) continue;
    least = std::min(least, free_in_groups(mount / "memory", group, kVersion1));
  }
  return least;
}

std::optional<Bytes> address_space_limit(const fs::path& root) {
  std::ifstream lines(root / "proc/self/limits");
  const std::string name = "Max address space";
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const std::size_t begin = line.find_first_not_of(' ', name.size());
    return number(line.substr(begin, line.find(' ', begin) - begin));
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

Bytes held_memory(const fs::path& root) { return Held(root).memory; }

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
