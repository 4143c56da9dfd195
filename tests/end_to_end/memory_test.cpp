// What a command says it will need of memory, and what it takes. A limit of address space makes it say so.
#include <sys/resource.h>
#include <torch/script.h>

#include <cmath>
#include <csignal>
#include <regex>

#include "tests/end_to_end/store_rows.h"
#include "tests/end_to_end/watched_process.h"

namespace deepmine {
namespace {

constexpr const char* kNetwork = DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz";

constexpr double kToTheEnd = 1e9;
constexpr double kRefused = 4;  // seconds of work after which nothing is refused

/// The command under `ulimit -v`.
Words limited(const Words& words, long kilobytes) {
  Words result{"/bin/sh", "-c", "ulimit -S -v " + std::to_string(kilobytes) + "; exec \"$0\" \"$@\""};
  for (const std::string& word : deepmine_words(words)) result.push_back(word);
  return result;
}

/// Address space is needed beyond memory: what was granted at first goes on without the limit.
void lift_limit(const Process& process) {
  rlimit limit{};
  REQUIRE(::prlimit(process.id(), RLIMIT_AS, nullptr, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(::prlimit(process.id(), RLIMIT_AS, &limit, nullptr) == 0);
}

/// What a refusal names, in megabytes.
struct Refusal {
  double expected = 0, found = 0;
};

double megabytes(const std::string& number, const std::string& unit) {
  return std::stod(number) * (unit == "GB" ? 1000 : 1);
}

/// None where the command refused nothing.
std::optional<Refusal> refusal_of(const Finished& finished) {
  static const std::regex kRefusal(
      "deepmine: expected about ([0-9.]+) (MB|GB) of memory, found ([0-9.]+) (MB|GB) free under its limit of address "
      "space \\(ulimit -v\\); .+\n");
  std::smatch found;
  if (!std::regex_match(finished.err, found, kRefusal)) return std::nullopt;
  CHECK(finished.code == 2);
  CHECK(finished.out.empty());
  return Refusal{megabytes(found[1], found[2]), megabytes(found[3], found[4])};
}

/// Runs the command under rising limits until it refuses no more, then to its end, or for so many seconds of work; what
/// it would keep from one try to the next is deleted. Under the lowest limits not even libraries, data and models fit.
/// A refusal says how much is missing, which the next limit adds; where it estimates twice the last one says the most.
void check_estimate(const Words& words, double enough = kToTheEnd, const fs::path& kept = {}) {
  constexpr long kStep = 40'000;
  Words quiet = words;
  // Where a thread cannot be started for want of address space, libtorch's pool waits for it for ever.
  quiet.insert(quiet.end(), {"--quiet", "--threads", "1"});
  double expected = 0;
  std::string last;
  for (long limit = 260'000; limit <= 4'000'000; limit += kStep) {
    fs::remove_all(kept);  // or the next try would find work done
    Process process(limited(quiet, limit));
    const bool granted = worked(process, kRefused);
    if (granted) lift_limit(process);
    const bool stopped = granted && worked(process, enough);
    if (stopped) process.send(SIGTERM);
    const Finished finished = process.wait();
    last = finished.err;
    if (const auto refused = refusal_of(finished)) {
      expected = refused->expected;
      limit += std::lround((refused->expected - refused->found) * 1e6 / 1024);
    } else if (expected > 0 && finished.code == (stopped ? 130 : 0)) {
      const double peak = static_cast<double>(finished.peak_kilobytes) * 1024 / 1e6;
      WARN(words[0] << ' ' << words[1] << ": expected " << std::lround(expected) << " MB, peak " << std::lround(peak)
                    << " MB");
      CHECK(expected >= 0.8 * peak);
      CHECK(expected <= 2 * peak);
      return;
    } else if (granted) {
      break;
    }
  }
  FAIL(words[0] << ' ' << words[1] << ": no refusal, or no end to them: " << last);
}

/// A run of deep-mining that takes the memory of its options and little time.
Words deep_mining(const fs::path& folder, const Words& settings) {
  Words words{"run", "deep-mining", "--profile", "quick", "--store", (folder / "s.sqlite").string(),
              "--set", std::string("model=") + kNetwork};
  for (const char* setting : {"detector=subset-scan", "replicates=2", "anomalous-percent=2", "image-resamples=1",
                              "size=100", "attack=bim:epsilon=0.2,step=0.1,steps=2"}) {
    words.insert(words.end(), {"--set", setting});
  }
  for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
  return words;
}

TEST_CASE("deep-mining takes about the memory it expects with few targets and with the paper's") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const fs::path kept = folder / "kept";
  for (const Words& settings : {Words{}, Words{"evaluation=400", "targets=0,1,2,3,4,5,6,7,8,9"}}) {
    check_estimate(deep_mining(kept, settings), kToTheEnd, kept);
  }
}

TEST_CASE("autoencoder-scan takes about the memory it expects") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const fs::path kept = folder / "kept";
  check_estimate({"run", "autoencoder-scan", "--profile", "quick", "--store", (kept / "s.sqlite").string(), "--set",
                  "attacks=fgsm:epsilon=0.05", "--set", "layers=conv2d_1+max_pooling2d_1", "--set",
                  "autoencoder=" DEEPMINE_SOURCE_DIR "/results/checkpoints/autoencoder-fashion-mnist.npz", "--set",
                  "classifier=" DEEPMINE_SOURCE_DIR "/results/checkpoints/cnn-fashion-mnist.npz"}, kToTheEnd, kept);
}

TEST_CASE("scans and p-values take about the memory they expect") {
  const TemporaryFolder folder;
  const std::string background = write_random(folder / "b.npy", {3000, 4096}),
                    evaluation = write_random(folder / "e.npy", {5000, 4096});
  const std::string p_values = (folder / "p.npy").string();
  check_estimate({"p-values", "--background", background, "--evaluation", evaluation, "--out", p_values});
  const Words files{"--background", background, "--evaluation", evaluation};
  for (const Words& more :
       {Words{"--individual"}, Words{"--restarts", "1"}, Words{"--restarts", "1", "--alphas", "linear:50"}}) {
    Words scan{"scan"};
    scan.insert(scan.end(), more.begin(), more.end());
    Words of_p_values = scan;
    of_p_values.insert(of_p_values.end(), {"--p-values", p_values});
    check_estimate(of_p_values);
    scan.insert(scan.end(), files.begin(), files.end());
    check_estimate(scan);
  }
}

TEST_CASE("training takes about the memory it expects") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const Words train{"train", "resnet20", "--dataset", "fashion-mnist", "--out", (folder / "n.npz").string(),
                    "--recipe"};
  for (const char* recipe : {"paper", "fast:batch=512"}) {
    Words words = train;
    words.emplace_back(recipe);
    check_estimate(words, 6, folder / "n.npz.training");
    fs::remove(folder / "n.npz.training");
  }
}

TEST_CASE("attacks and activations take about the memory they expect") {
  const TemporaryFolder folder;
  torch::jit::Module module("pooled");
  module.define(
      "def forward(self, x):\n    y = torch.avg_pool2d(x, [48, 48]).flatten(1)\n    return y - y.mean(1, True)\n");
  module.save((folder / "pooled.pt").string());
  check_estimate({"attack", "fgsm", "--model", (folder / "pooled.pt").string(), "--images",
                  write_random(folder / "large.npy", {2000, 3, 96, 96}), "--out", (folder / "adv.npy").string()});
  check_estimate({"activations", "--model", kNetwork, "--images", write_random(folder / "x.npy", {3000, 1, 28, 28}),
                  "--layer", "stem.conv", "--out", (folder / "a.npy").string()});
}

}  // namespace
}  // namespace deepmine
