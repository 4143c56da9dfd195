// A batch system's signal ends long work soon, wherever it is, and the same command goes on from there. Work is
// measured in processor time, so that a busy machine changes nothing.
#include <algorithm>
#include <csignal>

#include "tests/end_to_end/store_rows.h"
#include "tests/end_to_end/watched_process.h"

namespace deepmine {
namespace {

constexpr double kSoon = 3;  // seconds of work, of five that are promised

/// By how many seconds of work the loader takes longer before any code of ours than it does on a quiet machine.
double late_start() {
  static const double loader = deepmine_run({"--version"}).cpu_seconds;
  return std::max(0.0, loader - 0.4);
}

/// Starts the command and signals it after so many seconds of work; false when it had done all of it before.
bool interrupted_after(const Words& words, double seconds, int signal) {
  INFO("after " << seconds << " s of work, signal " << signal);
  Process process(deepmine_words(words));
  const bool signalled = worked(process, seconds + late_start());
  const double before = cpu_seconds(process);
  if (signalled) process.send(signal);
  const Finished finished = process.wait();
  INFO(finished.err);
  if (!signalled || finished.code == 0) {  // a signal as figures are drawn finds nothing left to interrupt
    CHECK(finished.code == 0);
    return false;
  }
  CHECK(finished.code == 130);
  CHECK(finished.cpu_seconds - before < kSoon);
  CHECK(finished.err.find("interrupted; run the same command again to continue\n") != std::string::npos);
  return true;
}

TEST_CASE("signals end group scans and single scans soon wherever they are") {
  const TemporaryFolder folder;
  const std::string background = write_random(folder / "b.npy", {1500, 4096}),
      evaluation = write_random(folder / "e.npy", {3000, 4096});
  const Words scan{"scan", "--background", background, "--evaluation", evaluation, "--threads", "1",
                   "--restarts", "200"};
  const std::pair<double, int> signals[] = {{0.9, SIGTERM}, {1.6, SIGUSR1}, {3.0, SIGINT}};
  for (const auto& [seconds, signal] : signals) CHECK(interrupted_after(scan, seconds, signal));
  Words many{"p-values", "--background", background, "--evaluation", evaluation, "--threads", "1",
             "--out", (folder / "p.csv").string()};
  CHECK(interrupted_after(many, 1.5, SIGTERM));
  CHECK_FALSE(fs::exists(folder / "p.csv"));
}

TEST_CASE("an interrupted run ends soon in each of its phases and gives the rows of an undisturbed one") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const auto words = [&](const char* store) {
    Words result{"run", "deep-mining", "--profile", "quick", "--threads", "1", "--store", (folder / store).string(),
                 "--artifacts", (folder / (std::string(store) + ".d")).string()};
    for (const char* setting : {"model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz",
                                "detector=subset-scan", "background=1000", "evaluation=200", "size=100",
                                "replicates=10", "targets=3", "attack=bim:epsilon=0.1,step=0.02,steps=6"}) {
      result.insert(result.end(), {"--set", setting});
    }
    return result;
  };
  measured(words("whole.sqlite"));
  int stops = 0;
  for (const double seconds : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}) {
    const bool interrupted = interrupted_after(words("stopped.sqlite"), seconds, stops % 2 == 0 ? SIGTERM : SIGUSR1);
    CHECK(rows_of(folder / "stopped.sqlite", "SELECT status FROM run") ==
          std::vector<std::string>{interrupted ? "interrupted|" : "finished|"});
    if (!interrupted) break;
    ++stops;
  }
  CHECK(stops >= 2);
  measured(words("stopped.sqlite"));
  for (const char* sql : {"SELECT * FROM scan_result ORDER BY kind, target, anomalous_fraction, replicate, input",
                          "SELECT input_set, kind, metric, value, ci_low, ci_high, n FROM metric ORDER BY target, "
                          "anomalous_fraction, metric"}) {
    CHECK(rows_of(folder / "stopped.sqlite", sql) == rows_of(folder / "whole.sqlite", sql));
  }
}

std::vector<std::string> epochs_logged(const fs::path& log) {
  std::vector<std::string> epochs;
  std::istringstream lines(read_file(log));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("epoch ", 0) == 0) epochs.push_back(line.substr(0, line.find("  loss")));
  }
  return epochs;
}

TEST_CASE("a training interrupted within an epoch goes on there and logs each epoch once") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const auto words = [&](const char* out) {
    return Words{"train", "lenet", "--dataset", "fashion-mnist", "--recipe", "fast:epochs=1,batch=2000",
                 "--threads", "1", "--out", (folder / out).string()};
  };
  measured(words("whole.npz"));
  int stops = 0;
  for (const int signal : {SIGUSR1, SIGTERM}) {
    if (!interrupted_after(words("stopped.npz"), 4, signal)) break;
    ++stops;
  }
  CHECK(stops == 2);
  measured(words("stopped.npz"));
  CHECK(read_file(folder / "stopped.npz") == read_file(folder / "whole.npz"));
  const fs::path log = folder / "stopped.npz.log";
  CHECK(epochs_logged(log) == std::vector<std::string>{"epoch   1/1"});
  CHECK_THAT(read_file(log), Catch::Contains(" steps of epoch 1\n"));
}

TEST_CASE("a signal as the program starts is not lost when it starts itself anew") {
  const TemporaryFolder folder;
  const Words train{"train", "resnet20", "--dataset", "fashion-mnist", "--threads", "2",
                    "--out", (folder / "n.npz").string()};
  for (const double seconds : {0.02, 0.06, 0.1, 0.2}) {
    Process process(deepmine_words(train));
    worked(process, seconds);
    process.send(SIGTERM);
    const int code = process.wait().code;
    INFO("after " << seconds << " s of work");
    CHECK((code == 130 || code == -SIGTERM));  // before main nobody could know
  }
}

}  // namespace
}  // namespace deepmine
