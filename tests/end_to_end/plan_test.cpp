// Runs plan, work and merge as users and batch systems do, on real images and on the network shipped for them.
#include "tests/end_to_end/grid.h"

namespace deepmine {
namespace {

TEST_CASE("a table measured by one or by several workers in any order is the table of one process") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  for (const std::size_t of : {1, 6}) {  // 16: results/studies/scale-out.sh
    CAPTURE(of);
    const Grid grid;
    std::vector<Words> workers;
    for (const std::size_t index : shuffled(of, "order")) workers.push_back(grid.work(index, of));
    for (const Finished& worker : deepmine_all(workers)) {
      INFO(worker.err);
      CHECK(worker.code == 0);
    }
    const Finished merged = grid.merge();
    CHECK(merged.out == table_of_one());
    CHECK(grid.merge().out == merged.out);  // merging again changes nothing
    const Finished again =
        deepmine_run(with(with({"run", "deep-mining"}, measurement()), {"--store", grid.store().string()}));
    CHECK(again.out == merged.out);         // the run is finished, and table and verify find it
    CHECK(rows_of(grid.store(), "PRAGMA integrity_check") == std::vector<std::string>{"ok|"});
  }
}

TEST_CASE("workers that are killed and start again give the table of one process") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const Plan plan = Plan::read(grid.file());
  constexpr std::size_t kWorkers = 4;
  for (const std::size_t index : shuffled(kWorkers, "killed")) {
    // Two of them at a time, so that one is killed while another waits for what it makes.
    Process other(deepmine_words(grid.work((index + 1) % kWorkers, kWorkers)));
    kill_after_units(grid.work(index, kWorkers), plan.shard(index, kWorkers), {1, 2, 4});
    other.send(SIGKILL);
    other.wait();
  }
  const Finished early = grid.merge();
  check_refused(early, "are missing: ");
  CHECK(early.err.find("repeat deepmine work") != std::string::npos);
  std::vector<Words> workers;
  for (std::size_t index = 0; index < kWorkers; ++index) workers.push_back(grid.work(index, kWorkers));
  for (const Finished& worker : deepmine_all(workers)) CHECK(worker.code == 0);
  // Another number of workers measures some units twice: equal rows are skipped.
  measured(grid.work(1, 3));
  CHECK(grid.merge().out == table_of_one());
}

TEST_CASE("a worker that is asked to stop keeps what it has and goes on later, from a scratch folder too") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const fs::path scratch = grid.folder() / "scratch", shard = Plan::read(grid.file()).shard(0, 1);
  fs::create_directories(scratch);
  const Words work = grid.work(0, 1, {"--scratch", scratch.string()});
  const auto done = [&] { return units_of(scratch_store(scratch)); };
  for (const int signal : {SIGUSR1, SIGTERM}) {
    Process worker(deepmine_words(work));
    const int before = units_of(shard);
    worker.run_until([&] { return done() > before + 1; });
    const int kept = done();
    worker.send(signal);
    CHECK(worker.wait().code == 130);
    CHECK(units_of(shard) >= kept);  // copied to where it belongs
    CHECK(fs::is_empty(scratch));
  }
  measured(work);
  CHECK(fs::is_empty(scratch));
  CHECK(grid.merge().out == table_of_one());
}

TEST_CASE("a task of a Slurm array knows its part, and an array of other numbers is refused") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const auto task = [&](const char* id, const char* count, const char* min, const char* max) {
    return Process({"/usr/bin/env", std::string("SLURM_ARRAY_TASK_ID=") + id,
                    std::string("SLURM_ARRAY_TASK_COUNT=") + count, std::string("SLURM_ARRAY_TASK_MIN=") + min,
                    std::string("SLURM_ARRAY_TASK_MAX=") + max, DEEPMINE_BINARY, "work", grid.file(), "--quiet"})
        .wait();
  };
  check_refused(task("3", "2", "3", "7"), "expected a job array 0-1, found another; give --index and --of");
  check_refused(task("x", "2", "0", "1"), "SLURM_ARRAY_TASK_ID: expected a whole number");
  CHECK(task("15", "16", "0", "15").code == 0);
  CHECK(fs::exists(Plan::read(grid.file()).shard(15, 16)));
}

TEST_CASE("a sweep over seeds and options is planned, worked on and merged to the table that run prints") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Words sweep{"--sweep", "seed=1,2", "--sweep", "alpha-max=0.1,0.5", "--set", "targets=3",
                    "--set", "replicates=3"};
  const Grid grid(sweep);
  CHECK(Plan::read(grid.file()).runs.size() == 4);
  for (const Finished& worker : deepmine_all({grid.work(0, 2), grid.work(1, 2)})) CHECK(worker.code == 0);
  const TemporaryFolder folder;
  const Finished one = measured(
      with(with({"run", "deep-mining"}, measurement()), with(sweep, {"--store", (folder / "s.sqlite").string()})));
  CHECK(grid.merge().out == one.out);
  CHECK(grid.merge({"--format", "csv"}).out.rfind("seed,alpha-max,", 0) == 0);
}

TEST_CASE("autoencoder-scan is planned, worked on and merged to the table of one process, every unit of the plan") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const std::string shipped = DEEPMINE_SOURCE_DIR "/results/checkpoints/", plan = (folder / "ae.plan").string();
  Words settings{"autoencoder-scan", "--profile", "quick", "--quiet", "--threads", "1"};
  for (const std::string& setting :
       {"autoencoder=" + shipped + "autoencoder-fashion-mnist.npz", "classifier=" + shipped + "cnn-fashion-mnist.npz",
        std::string("background=300"), std::string("clean=120"), std::string("attacked=200"), std::string("size=60"),
        std::string("replicates=3"), std::string("attacks=fgsm:epsilon=0.05"),
        std::string("layers=conv2d_4+up_sampling2d_1+reconstruction-error")}) {
    settings.insert(settings.end(), {"--set", setting});
  }
  const Finished one = measured(with(with({"run"}, settings), {"--store", (folder / "one.sqlite").string()}));
  for (const std::size_t of : {2, 3, 8}) {
    fs::remove_all(plan + ".shards");
    const Words store{"--store", (folder / (std::to_string(of) + ".sqlite")).string(),
                      "--artifacts", (folder / "artifacts").string(), "--out", plan};
    measured(with(with({"plan"}, settings), store));
    std::vector<Words> workers;
    for (const std::size_t index : shuffled(of, "layers")) {
      workers.push_back({"work", plan, "--quiet", "--index", std::to_string(index), "--of", std::to_string(of)});
    }
    for (const Finished& worker : deepmine_all(workers)) CHECK(worker.code == 0);
    CHECK(deepmine_run({"merge", "--quiet", "--plan", plan}).out == one.out);
  }
  // What a run writes is what is planned, and what one process does at the beginning and at the end.
  std::vector<std::string> planned{"inputs", "detection power", "shape checks"};
  const Plan read = Plan::read(plan);
  for (const std::string& unit : read.runs[0].units) planned.push_back(unit);
  std::sort(planned.begin(), planned.end());
  std::vector<std::string> written = rows_of(folder / "one.sqlite", "SELECT name FROM unit ORDER BY name");
  for (std::string& name : written) name.pop_back();
  CHECK(written == planned);
}

TEST_CASE("GNU parallel measures and merges with the script that plan prints") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  if (!fs::exists("/usr/bin/parallel")) { WARN("SKIPPED: no GNU parallel (Debian: parallel)"); return; }
  const Grid grid({"--engine", "parallel", "--of", "3"}, "a folder's $HOME");
  write_file(grid.folder() / "all.sh", grid.planned().out);
  const Finished finished = Process({"/bin/bash", (grid.folder() / "all.sh").string()}).wait();
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.out.find(table_of_one()) != std::string::npos);
}

TEST_CASE("what does not fit a plan is refused") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  write_file(grid.folder() / "text.plan", "no plan");
  check_refusals({
      {{"work", grid.file()}, "expected --index and --of, or a task of a Slurm job array"},
      {{"work", grid.file(), "--index", "1"}, "found only one of them"},
      {grid.work(4, 4), "--index: expected a whole number from 0 to 3"},
      {{"work", (grid.folder() / "none.plan").string(), "--index", "0", "--of", "1"}, "none.plan"},
      {{"work", (grid.folder() / "text.plan").string(), "--index", "0", "--of", "1"}, "text.plan: line 1"},
      {grid.work(0, 1, {"--seed", "2"}), "--seed: the plan says it"},
      {{"merge"}, "expected stores to merge, or --plan"},
      {{"merge", grid.file(), "--store", grid.store().string()}, "name it with --plan"},
      {{"merge", "none.sqlite", "--store", grid.store().string()}, "found no file none.sqlite"},
      {{"merge", "--plan", grid.file()}, "expected stores of workers, found none"},
      {with({"plan", "deep-mining"}, with(measurement(), {"--out", grid.file(), "--engine", "pbs"})),
       "expected slurm or parallel"},
      {with({"plan", "deep-mining"}, measurement()), "expected --out"},
      {with({"plan", "deep-mining"}, with(measurement(), {"--out", grid.file(), "--set", "targets=0,12"})), "targets"},
  });
  CHECK_FALSE(fs::exists(grid.store()));
}

}  // namespace
}  // namespace deepmine
