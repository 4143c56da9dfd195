#include "framework/core/processors.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "framework/core/control_groups.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// The kernel's files, made up.
class Kernel {
 public:
  const fs::path& root() const { return folder_.path(); }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text;
  }
  std::optional<std::uint64_t> quota() const { return processor_quota(root()); }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("without control groups there is no quota and every processor is in reach") {
  const Kernel kernel;
  CHECK_FALSE(kernel.quota());
  CHECK(processors_in_reach(kernel.root()) == static_cast<int>(std::thread::hardware_concurrency()));
}

TEST_CASE("a quota of version 2 counts in whole processors") {
  const Kernel kernel;
  kernel.write("proc/self/cgroup", "0::/job/step\n");
  const auto quota = [&](const std::string& text) {
    kernel.write("sys/fs/cgroup/job/step/cpu.max", text);
    return kernel.quota();
  };
  CHECK(quota("200000 100000\n") == 2);
  CHECK(quota("150000 100000\n") == 2);
  CHECK(quota("200001 100000\n") == 3);
  CHECK(quota("1000 100000\n") == 1);
  CHECK(quota("30000 10000\n") == 3);
  CHECK(quota("18446744073709551615 1\n") == 18446744073709551615U);
  for (const char* none : {"max 100000\n", "", "100000\n", "100000 0\n", "-1 100000\n", "a b\n"}) {
    CAPTURE(none);
    CHECK_FALSE(quota(none));
  }
}

TEST_CASE("the least quota of a group and of those around it counts") {
  const Kernel kernel;
  kernel.write("proc/self/cgroup", "0::/job/step\n");
  kernel.write("sys/fs/cgroup/job/step/cpu.max", "800000 100000\n");
  kernel.write("sys/fs/cgroup/job/cpu.max", "400000 100000\n");
  CHECK(kernel.quota() == 4);
  kernel.write("sys/fs/cgroup/cpu.max", "300000 100000\n");  // all that a container sees
  CHECK(kernel.quota() == 3);
  kernel.write("sys/fs/cgroup/job/step/cpu.max", "100000 100000\n");
  CHECK(kernel.quota() == 1);
  kernel.write("sys/fs/cgroup/other/cpu.max", "1 100000\n");
  kernel.write("proc/self/cgroup", "0::/\n");
  CHECK(kernel.quota() == 3);
}

TEST_CASE("a quota of version 1 lies in two files of the controller cpu whatever its folder is called") {
  const Kernel kernel;
  kernel.write("proc/self/cgroup", "5:cpu,cpuacct:/docker/abc\n4:cpuset:/docker/abc\n0::/\n");
  const std::string place =
      "sys/fs/cgroup/" + std::string(GENERATE("cpu/docker/abc/", "cpu/", "cpu,cpuacct/docker/abc/"));
  kernel.write(place + "cpu.cfs_period_us", "50000\n");
  CHECK_FALSE(kernel.quota());
  kernel.write(place + "cpu.cfs_quota_us", "-1\n");
  CHECK_FALSE(kernel.quota());
  kernel.write(place + "cpu.cfs_quota_us", "125000\n");
  CHECK(kernel.quota() == 3);
}

TEST_CASE("a quota leaves one processor at least and none that is not there") {
  const Kernel kernel;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  kernel.write("proc/self/cgroup", "0::/\n");
  kernel.write("sys/fs/cgroup/cpu.max", "100000 100000\n");
  CHECK(processors_in_reach(kernel.root()) == 1);
  kernel.write("sys/fs/cgroup/cpu.max", "0 100000\n");
  CHECK(processors_in_reach(kernel.root()) == 1);
  kernel.write("sys/fs/cgroup/cpu.max", "100000000 100000\n");
  CHECK(processors_in_reach(kernel.root()) == cores);
  CHECK(processors_in_reach() >= 1);
}

TEST_CASE("control groups that bound something else are left out") {
  const Kernel kernel;
  kernel.write("proc/self/cgroup", "7:cpuacct:/a\n6:name=cpu:/b\nnonsense\n");
  CHECK(control_groups("cpu", kernel.root()).empty());
  CHECK(control_groups("cpuacct", kernel.root()).size() == 2);
}

}  // namespace
}  // namespace deepmine
