#include "framework/core/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <limits>
#include <vector>

#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMega = 1'000'000;

/// The kernel's files, made up: a machine of 8 GB with 6 GB free, a process that holds some pages of it.
class Kernel {
 public:
  Kernel() {
    write("proc/meminfo", "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    6000000 kB\n");
    write("proc/self/statm", "1000 100 50 10 0 200 0\n");
    write("proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units\n"
                              "Max data size             unlimited            unlimited            bytes\n"
                              "Max address space         unlimited            unlimited            bytes\n");
  }
  const fs::path& root() const { return folder_.path(); }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text;
  }
  /// What is free beside the pages held.
  std::uint64_t free() const { return memory_in_reach(root())->bytes - 100 * page_; }
  std::uint64_t held_address_space() const { return 1000 * page_; }

 private:
  TemporaryFolder folder_;
  std::uint64_t page_ = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
};

TEST_CASE("what was freed and kept for the next does not count as held") {
  constexpr std::size_t kBlock = 1 << 20;
  constexpr int kBlocks = 64;
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  const std::uint64_t before = held_memory();
  std::vector<std::vector<char>> blocks;
  for (int i = 0; i < kBlocks; ++i) blocks.emplace_back(kBlock, 'x');
  const std::vector<char> above(kBlock, 'x');
  CHECK(held_memory() >= before + (kBlocks + 1) * kBlock - 4 * kMega);
  blocks.clear();
  CHECK(held_memory() <= before + kBlock + 4 * kMega);
}

TEST_CASE("memory in reach is what the machine has available") {
  const Kernel kernel;
  CHECK(kernel.free() == 6'000'000ULL * 1024);
  CHECK(memory_in_reach(kernel.root())->bound == "on this machine");
}

TEST_CASE("a control group of version 2 bounds it but its file cache does not count as used") {
  const Kernel kernel;
  kernel.write("proc/self/cgroup", "0::/job/step\n");
  kernel.write("sys/fs/cgroup/job/step/memory.max", "2000000000\n");
  kernel.write("sys/fs/cgroup/job/step/memory.current", "1500000000\n");
  CHECK(kernel.free() == 500 * kMega);
  kernel.write("sys/fs/cgroup/job/step/memory.stat",
               "anon 600000000\nfile 900000000\ninactive_file 700000000\nactive_file 200000000\n");
  CHECK(kernel.free() == 1400 * kMega);
  CHECK(memory_in_reach(kernel.root())->bound.find("control group") != std::string_view::npos);

  SECTION("so does a group around it") {
    kernel.write("sys/fs/cgroup/job/memory.max", "1000000000\n");
    kernel.write("sys/fs/cgroup/job/memory.current", "900000000\n");
    CHECK(kernel.free() == 100 * kMega);
  }
  SECTION("one without limit does not") {
    kernel.write("sys/fs/cgroup/job/step/memory.max", "max\n");
    CHECK(kernel.free() == 6'000'000ULL * 1024);
  }
}

TEST_CASE("a control group of version 1 bounds it even where a container sees its own as the outermost") {
  const Kernel kernel;
  kernel.write("proc/self/cgroup", "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n");
  const std::string place = GENERATE("memory/docker/abc/", "memory/");
  kernel.write("sys/fs/cgroup/" + place + "memory.limit_in_bytes", "3000000000\n");
  kernel.write("sys/fs/cgroup/" + place + "memory.usage_in_bytes", "2000000000\n");
  kernel.write("sys/fs/cgroup/" + place + "memory.stat", "total_inactive_file 100000000\n");
  CHECK(kernel.free() == 1100 * kMega);
}

TEST_CASE("the limit of address space bounds it and use above a limit leaves nothing") {
  const Kernel kernel;
  const auto limit = [&](std::uint64_t bytes) {
    kernel.write("proc/self/limits",
                 "Max address space         " + std::to_string(bytes) + "            unlimited            bytes\n");
  };
  limit(kernel.held_address_space() + 70 * kMega);
  CHECK(kernel.free() == 70 * kMega);
  limit(5);
  CHECK(kernel.free() == 0);
}

TEST_CASE("what cannot fit is refused in one line and what can or cannot be told is not") {
  const Kernel kernel;
  CHECK_NOTHROW(ensure_memory(5'000 * kMega, "give less", kernel.root()));
  CHECK(error_text([&] { ensure_memory(9'000 * kMega, "give less", kernel.root()); }) ==
        "expected about 9.0 GB of memory, found 6.1 GB free on this machine; give less");
  const TemporaryFolder nothing;
  CHECK_FALSE(memory_in_reach(nothing.path()));
  CHECK_NOTHROW(ensure_memory(std::uint64_t{1} << 60, "give less", nothing.path()));
  CHECK(memory_text(30 * kMega) == "30 MB");
  CHECK(memory_text(1'449 * kMega) == "1.4 GB");
}

TEST_CASE("this machine's own files are understood") {
  const auto reach = memory_in_reach();
  REQUIRE(reach);
  CHECK(reach->bytes > kMega);
  CHECK(reach->bytes < 1'000'000'000 * kMega);
}

}  // namespace
}  // namespace deepmine
