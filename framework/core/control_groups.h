#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace deepmine {

/// A folder in which the kernel tells of a control group, if it is there.
struct ControlGroup {
  std::filesystem::path folder;
  int version;  ///< 1 or 2: the names of its files differ
};

/// The control groups of this process that may bound what `controller` ("memory", "cpu") gives, and those around them;
/// a container sees its own as the outermost. The kernel's files are read below `root`, which tests change.
std::vector<ControlGroup> control_groups(std::string_view controller, const std::filesystem::path& root);

/// The number that a word spells; none for "max" or "-1".
std::optional<std::uint64_t> kernel_number(std::string_view word);

/// The numbers of a file's words, from the first on; empty where there is no such file.
std::vector<std::optional<std::uint64_t>> kernel_numbers(const std::filesystem::path& file);

}  // namespace deepmine
