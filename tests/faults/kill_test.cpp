// kill -9 at random moments. Moments are drawn over the CPU time of an undisturbed run, so that they fall anywhere in
// it on any machine.
#include <functional>

#include "framework/core/seed.h"
#include "tests/faults/fault_table.h"
#include "tests/faults/killing.h"
#include "tests/faults/small_program.h"
#include "tests/faults/tiny_run.h"

namespace deepmine {
namespace {

constexpr int kRunKills = 20, kTrainKills = 4, kAttackKills = 4, kWorkKills = 6, kMergeKills = 4;

bool is_killed(const Death& death) { return death.finished.code == -SIGKILL; }

bool is_within(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

/// A store whose run is killed and continued until it is finished, then another.
class KilledRun {
 public:
  KilledRun(const fs::path& folder, std::string name, std::vector<std::string> expected)
      : run_(folder), name_(std::move(name)), expected_(std::move(expected)) {}

  Words words() const { return deepmine_words(run_.words(name())); }

  /// Nothing finished is lost, or everything is there.
  void check(const Death& death) {
    INFO("after " << death.cpu_seconds << " s: " << death.finished.err);
    const fs::path store = run_.store(name());
    if (fs::exists(store)) CHECK(rows_of(store, "PRAGMA integrity_check") == std::vector<std::string>{"ok|"});
    const auto units = units_in(store);
    CHECK(is_within(units_, units));
    units_ = units;
    if (is_killed(death)) return;
    REQUIRE(death.finished.code == 0);
    CHECK(TinyRun::results(store) == expected_);
    ++number_;
    units_.clear();
  }

 private:
  std::string name() const { return name_ + std::to_string(number_); }

  TinyRun run_;
  std::string name_;
  std::vector<std::string> expected_, units_;
  int number_ = 0;
};

void check_runs(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  const Death whole = kill_at_moments({{deepmine_words(run.words("whole"))}})[0];
  REQUIRE(whole.finished.code == 0);
  const auto expected = TinyRun::results(run.store("whole"));
  REQUIRE(expected.size() > 100);

  RandomStream random(Seed(50).child("kill -9"));
  std::vector<KilledRun> runs{{folder.path(), "a", expected}, {folder.path(), "b", expected}};
  for (int left = kRunKills; left > 0;) {
    std::vector<Victim> victims;
    for (std::size_t i = 0; i < runs.size() && static_cast<int>(i) < left; ++i) {
      victims.push_back({runs[i].words(), random.uniform() * whole.cpu_seconds});
    }
    const std::vector<Death> deaths = kill_at_moments(victims);
    for (std::size_t i = 0; i < deaths.size(); ++i) {
      runs[i].check(deaths[i]);
      left -= is_killed(deaths[i]) ? 1 : 0;
    }
  }
  const std::vector<Death> last = kill_at_moments({{runs[0].words()}, {runs[1].words()}});
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].check(last[i]);
  table.add("`run`, at random moments of its CPU time", kRunKills,
            "ended by the signal; no finished unit lost, integrity check ok", "rows of an undisturbed run");
}

/// Kills `words` so often and starts it again each time; the file it leaves in the end is that of `whole`.
void check_killed(const Words& whole, const fs::path& expected, const Words& words, const fs::path& out, int kills,
                  RandomStream random) {
  const Death undisturbed = kill_at_moments({{whole}})[0];
  INFO(undisturbed.finished.err);
  REQUIRE(undisturbed.finished.code == 0);
  for (int left = kills; left > 0;) {
    const Death death = kill_at_moments({{words, random.uniform() * undisturbed.cpu_seconds}})[0];
    left -= is_killed(death) ? 1 : 0;
    if (is_killed(death)) continue;
    REQUIRE(death.finished.code == 0);
    CHECK(read_file(out) == read_file(expected));
    fs::remove(out);
  }
  CHECK(kill_at_moments({{words}})[0].finished.code == 0);
  CHECK(read_file(out) == read_file(expected));
}

/// Kills `words` so often, at moments of `cpu_seconds`, and starts it again; `check` holds after each kill, and
/// `begin_anew` undoes what it did whenever it came to its end.
void kill_often(const Words& words, double cpu_seconds, int kills, RandomStream random,
                const std::function<void()>& check, const std::function<void()>& begin_anew) {
  for (int left = kills; left > 0;) {
    const Death death = kill_at_moments({{words, random.uniform() * cpu_seconds}})[0];
    check();
    if (is_killed(death)) {
      --left;
    } else {
      REQUIRE(death.finished.code == 0);
      begin_anew();
    }
  }
  const Death last = kill_at_moments({{words}})[0];
  INFO(last.finished.err);
  CHECK(last.finished.code == 0);
  check();
}

/// A worker that writes into a scratch folder, and merging what it left.
void check_workers(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  const Death whole = kill_at_moments({{deepmine_words(run.words("whole"))}})[0];
  REQUIRE(whole.finished.code == 0);
  const auto expected = TinyRun::results(run.store("whole"));
  const std::string plan = (folder / "p.plan").string(), scratch = (folder / "scratch").string();
  Words planning = run.words("merged", {"--out", plan});
  planning[0] = "plan";
  measured(planning);
  const fs::path shard = plan + ".shards/part-0000-of-0001.sqlite";
  std::size_t units = 0;
  const auto none_lost = [&](const fs::path& store, std::size_t& before) {
    if (!fs::exists(store) || fs::file_size(store) == 0) return;
    CHECK(rows_of(store, "PRAGMA integrity_check") == std::vector<std::string>{"ok|"});
    const std::size_t now = units_in(store).size();
    CHECK(now >= before);
    before = now;
  };
  kill_often(
      deepmine_words({"work", plan, "--quiet", "--index", "0", "--of", "1", "--scratch", scratch}), whole.cpu_seconds,
      kWorkKills, RandomStream(Seed(8).child("work")), [&] { none_lost(shard, units); },
      [&] {
        fs::remove_all(shard.parent_path());
        fs::remove_all(run.artifacts("merged"));
        units = 0;
      });
  CHECK(fs::is_empty(scratch));
  std::size_t merged = 0;
  const Words merge = deepmine_words({"merge", "--quiet", "--plan", plan});
  Words elsewhere = merge;
  elsewhere.insert(elsewhere.end(), {"--store", run.store("elsewhere").string()});
  const Death undisturbed = kill_at_moments({{elsewhere}})[0];
  REQUIRE(undisturbed.finished.code == 0);
  kill_often(
      merge, undisturbed.cpu_seconds, kMergeKills, RandomStream(Seed(8).child("merge")),
      [&] { none_lost(run.store("merged"), merged); },
      [&] {
        for (const char* end : {"", "-wal", "-shm"}) fs::remove(run.store("merged").string() + end);
        merged = 0;
      });
  CHECK(TinyRun::results(run.store("merged")) == expected);
  table.add("`work`, with a scratch folder", kWorkKills, "no unit that was copied lost, integrity check ok",
            "rows of an undisturbed run, once merged");
  table.add("`merge`", kMergeKills, "no unit that was merged lost, integrity check ok", "rows of an undisturbed run");
}

TEST_CASE("what was killed at random moments goes on, loses nothing finished and ends as if nothing had been") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  FaultTable table("kill -9");
  check_runs(table);
  check_workers(table);

  const TemporaryFolder folder;
  const fs::path model = folder / "whole.npz", killed = folder / "killed.npz";
  check_killed(training_words(model), model, training_words(killed), killed, kTrainKills,
               RandomStream(Seed(8).child("train")));
  table.add("`train`", kTrainKills, "ended by the signal", "model file of an undisturbed training, byte for byte");

  const SmallAttack attack(folder.path());
  check_killed(attack.words("whole.npy"), folder / "whole.npy", attack.words("killed.npy"), folder / "killed.npy",
               kAttackKills, RandomStream(Seed(8).child("attack")));
  table.add("`attack`", kAttackKills, "ended by the signal", "images of an undisturbed attack, byte for byte");
  table.check();
}

}  // namespace
}  // namespace deepmine
