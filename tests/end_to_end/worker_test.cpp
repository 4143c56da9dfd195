// What workers and merging do when one of them fails, is killed, or was there before.
#include "tests/end_to_end/grid.h"

namespace deepmine {
namespace {

TEST_CASE("a worker with a scratch folder that is killed at any time goes on where it was") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const fs::path scratch = grid.folder() / "scratch", shard = Plan::read(grid.file()).shard(0, 1);
  fs::create_directories(scratch);
  const Words work = grid.work(0, 1, {"--scratch", scratch.string()});
  int before = 0;
  for (const int stop : {1, 4, 9}) {
    Process worker(deepmine_words(work));
    worker.run_until([&] { return units_of(scratch_store(scratch)) >= stop; });
    worker.send(SIGKILL);
    worker.wait();
    const int units = units_of(scratch_store(scratch));
    CHECK(units >= before);
    before = units;
    if (stop > 1) CHECK(units_of(shard) > 0);  // a node that is gone takes the last units with it, not all
  }
  // The very first copy was begun and no more: a file without a table.
  fs::resize_file(shard, 0);
  measured(work);
  CHECK(fs::is_empty(scratch));
  CHECK(grid.merge().out == table_of_one());
}

TEST_CASE("two workers of one number in one scratch folder lose nothing of each other's") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const fs::path scratch = grid.folder() / "scratch";
  fs::create_directories(scratch);
  const Words work = deepmine_words(grid.work(0, 1, {"--scratch", scratch.string()}));
  Process first(work);
  first.run_until([&] { return units_of(scratch_store(scratch)) >= 2; });
  Process second(work), third(work);
  first.send(SIGTERM);
  CHECK(first.wait().code == 130);
  for (Process* other : {&second, &third}) {
    const Finished finished = other->wait();
    INFO(finished.err);
    CHECK(finished.code == 0);
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') <= 1);  // that it waits
  }
  CHECK(fs::is_empty(scratch));
  CHECK(grid.merge().out == table_of_one());
}

TEST_CASE("a damaged part is named and does not keep the others from being merged") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const Plan plan = Plan::read(grid.file());
  for (const Finished& worker : deepmine_all({grid.work(0, 3), grid.work(1, 3), grid.work(2, 3)})) {
    CHECK(worker.code == 0);
  }
  const fs::path damaged = plan.shard(0, 3);
  fs::resize_file(damaged, fs::file_size(damaged) / 8192 * 4096);
  const int others = units_of(plan.shard(1, 3)) + units_of(plan.shard(2, 3)) - 1;  // both have "inputs"
  check_refused(grid.merge(), damaged.string() + ": expected an undamaged store");
  CHECK(units_of(grid.store()) == others);
  fs::remove(damaged);
  measured(grid.work(0, 3));
  CHECK(grid.merge().out == table_of_one());
}

TEST_CASE("what the plan's store has is not measured again, by any number of workers, nor are its parts asked for") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  const Plan plan = Plan::read(grid.file());
  measured(grid.work(0, 1));
  CHECK(grid.merge().out == table_of_one());
  fs::remove_all(plan.shards);
  fs::remove_all(plan.artifacts);
  for (const Finished& worker : deepmine_all({grid.work(0, 2), grid.work(1, 2)})) CHECK(worker.code == 0);
  CHECK_FALSE(fs::exists(plan.artifacts));
  CHECK(units_of(plan.shard(0, 2)) == 0);
  fs::remove_all(plan.shards);
  CHECK(grid.merge().out == table_of_one());
  // Elsewhere, it is brought along.
  CHECK(grid.merge({"--store", (grid.folder() / "elsewhere.sqlite").string()}).out == table_of_one());
}

TEST_CASE("another program than the plan's works on it where its runs are the same, and concludes them with run only") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  Plan plan = Plan::read(grid.file());
  plan.code_version = std::string(64, '0');
  plan.write(grid.file());
  measured(grid.work(0, 1));
  check_refused(grid.merge(), "expected the program that made the plan (code 000000000000)");
  const int units = units_of(grid.store());
  CHECK(units == units_of(plan.shard(0, 1)));  // merged they were
  CHECK(measured(with(with({"run", "deep-mining"}, measurement()), {"--store", grid.store().string()})).out ==
        table_of_one());
  CHECK(rows_of(grid.store(), "SELECT count(*) FROM run") == std::vector<std::string>{"1|"});
}

TEST_CASE("a program whose sources give another run does not work on a plan") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const Grid grid;
  Plan plan = Plan::read(grid.file());
  plan.runs[0].uid = std::string(16, '0');
  plan.write(grid.file());
  check_refused(deepmine_run(grid.work(0, 1)),
                "expected run 0000000000000000 as planned, found that these options give run");
  CHECK(units_of(plan.shard(0, 1)) == 0);
}

}  // namespace
}  // namespace deepmine
