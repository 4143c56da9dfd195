// What --threads promises a shared machine, seen from outside: of torch, OpenMP, BLAS and the scans together.
#include <fmt/format.h>

#include <chrono>

#include "tests/end_to_end/store_rows.h"
#include "tests/end_to_end/watched_process.h"

namespace deepmine {
namespace {

constexpr double kWork = 0.05;   // seconds: less is a thread's start
constexpr double kEnough = 3;    // seconds: more is more of the same

struct Seen {
  std::size_t at_once = 0, working = 0;  ///< threads; that worked
  double load = 0;                       ///< seconds of processor time in a second
};

/// Runs the command, of which the first seconds of work are enough.
Seen seen(Words all, const std::string& threads, double enough) {
  for (std::string& word : all) word = fmt::format(fmt::runtime(word), fmt::arg("threads", threads));
  all.insert(all.end(), {"--threads", threads, "--quiet"});
  const auto started = std::chrono::steady_clock::now();
  Process process(deepmine_words(all));
  const SeenThreads found = threads_of(process, enough);
  const Finished finished = process.wait();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  INFO(finished.err);
  CHECK((finished.code == 0 || finished.code == 130));
  Seen result{found.at_once, 0, finished.cpu_seconds / wall};
  for (const auto& [thread, seconds] : found.seconds) result.working += seconds > kWork ? 1 : 0;
  return result;
}

TEST_CASE("with one thread one thread works and with two at most two at a time") {
  const TemporaryFolder folder;
  const std::string background = write_random(folder / "b.npy", {1500, 4096}),
                    evaluation = write_random(folder / "e.npy", {500, 4096});
  std::vector<Words> commands{{"scan", "--background", background, "--evaluation", evaluation, "--restarts", "50"},
                              {"p-values", "--background", background, "--evaluation", evaluation, "--out",
                               (folder / "p{threads}.npy").string()}};
  if (have_images()) {
    commands.push_back({"train", "resnet20", "--dataset", "fashion-mnist",
                        "--out", (folder / "n{threads}.npz").string()});
    commands.push_back({"run", "deep-mining", "--profile", "quick", "--store", (folder / "s{threads}.sqlite").string(),
                        "--artifacts",
                        (folder / "d{threads}").string(), "--set",
                        "model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz",
                        "--set", "detector=subset-scan", "--set", "background=500",
                        "--set", "evaluation=200", "--set", "size=100", "--set", "targets=3", "--set",
                        "attack=bim:epsilon=0.1,step=0.02,steps=6"});
  }
  for (const Words& command : commands) {
    INFO(command[0]);
    const Seen one = seen(command, "1", kEnough);
    CHECK(one.working == 1);
    CHECK(one.load <= 1.1);
    const Seen two = seen(command, "2", kEnough);
    CHECK(two.working <= 3);  // the first, one of OpenMP and one of TBB, which take turns
    CHECK(two.at_once <= 4);  // and one that a library starts and ends as it is loaded
    CHECK(two.load <= 2.1);
    WARN(command[0] << ": threads " << one.at_once << " and " << two.at_once << ", that worked " << one.working
                    << " and " << two.working << ", load " << one.load << " and " << two.load);
  }
}

}  // namespace
}  // namespace deepmine
