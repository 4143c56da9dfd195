#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace deepmine {

/// How much memory this process may come to hold, what it holds already included, and what bounds it.
struct MemoryInReach {
  std::uint64_t bytes;
  std::string_view bound;  ///< "on this machine"
};

/// The least of what the machine has available, what the control groups of this process leave it (versions 1 and 2,
/// file caches taken for free, as the kernel gives them up) and its limit of address space (`ulimit -v`). None
/// where nothing of this can be told. The kernel's files are read below `root`, which tests change.
std::optional<MemoryInReach> memory_in_reach(const std::filesystem::path& root = "/");

/// What this process holds now; 0 where that cannot be told.
std::uint64_t held_memory(const std::filesystem::path& root = "/");

/// Throws `Error` with the `cure` when a process that will hold `bytes` of memory at most, all in all, cannot have
/// them. For estimates, before long work: what they miss ends as `std::bad_alloc`, or by the kernel.
void ensure_memory(std::uint64_t bytes, std::string_view cure, const std::filesystem::path& root = "/");

/// "1.4 GB" or "620 MB".
std::string memory_text(std::uint64_t bytes);

}  // namespace deepmine
