#include "framework/core/control_groups.h"

#include <charconv>
#include <fstream>
#include <string>

namespace deepmine {
namespace fs = std::filesystem;

namespace {

/// A group and those around it.
void add_groups(const fs::path& mount, const std::string& group, int version, std::vector<ControlGroup>& groups) {
  fs::path place = fs::path(group).relative_path();
  while (true) {
    groups.push_back({mount / place, version});
    if (place.empty()) return;
    place = place.parent_path();
  }
}

}  // namespace

/// By the lines "number:controllers:group" of this process, version 2's without controllers.
std::vector<ControlGroup> control_groups(std::string_view controller, const fs::path& root) {
  const fs::path mount = root / "sys/fs/cgroup";
  const std::string wanted = "," + std::string(controller) + ",";
  std::vector<ControlGroup> groups;
  std::ifstream lines(root / "proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty()) add_groups(mount, group, 2, groups);
    if (("," + controllers + ",").find(wanted) == std::string::npos) continue;
    add_groups(mount / controller, group, 1, groups);
    if (controllers != controller)
      add_groups(mount / controllers, group, 1, groups);  // "cpu,cpuacct", where no link is "cpu"
  }
  return groups;
}

std::optional<std::uint64_t> kernel_number(std::string_view word) {
  std::uint64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, status] = std::from_chars(word.data(), end, value);
  return status == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

std::vector<std::optional<std::uint64_t>> kernel_numbers(const fs::path& file) {
  std::vector<std::optional<std::uint64_t>> numbers;
  std::ifstream words(file);
  for (std::string word; words >> word;) numbers.push_back(kernel_number(word));
  return numbers;
}

}  // namespace deepmine
