#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace deepmine {

/// How many processors the CPU quotas of this process's control groups, and of those around them, amount to, a part
/// counted as a whole one (`docker --cpus=1.5`: 2). None where there is no quota. The kernel's files are read below
/// `root`, which tests change.
std::optional<std::uint64_t> processor_quota(const std::filesystem::path& root = "/");

/// How many processors this process may keep busy: those it may run on, or as many as its quota where that is less. At
/// least one.
int processors_in_reach(const std::filesystem::path& root = "/");

}  // namespace deepmine
