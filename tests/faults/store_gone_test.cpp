// The store is deleted, or another one put in its place, while a run measures into it; and the clock is set back.
#include "tests/faults/fault_table.h"
#include "tests/faults/tiny_run.h"

namespace deepmine {
namespace {

const fs::path kOther = DEEPMINE_SOURCE_DIR "/results/reference/deep-mining.sqlite";

/// What is done to the store in the middle of a run, and what must still be true of it after the run ended.
struct Disturbance {
  std::string what;
  std::function<void(const fs::path& store)> act;
  std::function<void(const fs::path& store)> check;
};

/// The undisturbed run and what is compared with it: its own rows, whatever else is in a store.
struct Undisturbed {
  TemporaryFolder folder;
  std::string uid;
  std::vector<std::string> rows;

  Undisturbed() {
    const TinyRun run(folder.path());
    measured(run.words("whole"));
    uid = rows_of(run.store("whole"), "SELECT uid FROM run")[0];
    uid.pop_back();  // the end of the column
    rows = rows_in(run.store("whole"));
    REQUIRE(rows.size() > 100);
  }
  std::vector<std::string> rows_in(const fs::path& store) const {
    return rows_of(store,
                   "SELECT r.status, s.score, s.alpha, s.n_nodes FROM run AS r JOIN scan_result AS s ON s.run = r.uid"
                   " WHERE r.uid = '" +
                       uid + "' ORDER BY s.kind, s.target, s.anomalous_fraction, s.replicate, s.input");
  }
};

void check_disturbed(const Disturbance& disturbance, const Undisturbed& whole, FaultTable& table) {
  INFO(disturbance.what);
  const TemporaryFolder folder;
  fs::create_directory(folder / "place");
  const TinyRun run(folder / "place");
  const fs::path store = run.store("store");
  Process program(deepmine_words(run.words("store")));
  await_units(program, store, 3);
  // Reading kept units in the log. As it is when nobody reads, lest the copy hold what the file does not.
  std::error_code gone;
  REQUIRE(program.run_until([&] { return fs::file_size(store.string() + "-wal", gone) == 0; }));
  disturbance.act(store);
  const std::string message = check_refusal(program.wait(), store.string());
  CHECK(message.find("deleted or replaced") != std::string::npos);
  disturbance.check(store);
  measured(run.words("store"));
  CHECK(whole.rows_in(store) == whole.rows);
  table.add(disturbance.what, 1, "exit 2: " + shortened(message), "rows of an undisturbed run");
}

TEST_CASE("a store deleted or replaced under a run is told, and the next run measures into the new one") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  FaultTable table("store deleted or replaced");
  const Undisturbed whole;
  const auto nothing = [](const fs::path&) {};
  const auto is_deleted = [](const fs::path& store) { CHECK_FALSE(fs::exists(store)); };
  check_disturbed({"store deleted", [](const fs::path& store) { fs::remove(store); }, is_deleted}, whole, table);
  check_disturbed({"store and what lies beside it deleted",
                   [](const fs::path& store) {
                     for (const char* end : {"", "-wal", "-shm"}) fs::remove(store.string() + end);
                   },
                   is_deleted},
                  whole, table);
  check_disturbed(
      {"its folder renamed",
       [](const fs::path& store) { fs::rename(store.parent_path(), store.parent_path().string() + ".old"); }, nothing},
      whole, table);
  check_disturbed({"another store put in its place",
                   [](const fs::path& store) {
                     fs::copy_file(kOther, store.string() + ".new");
                     fs::rename(store.string() + ".new", store);
                   },
                   [](const fs::path& store) { CHECK(read_file(store) == read_file(kOther)); }},
                  whole, table);
  table.check();
}

TEST_CASE("a clock set back by a year under a run changes no row") {
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("whole"));
  Words words = deepmine_words(run.words("store"));
  const fs::path sign = folder / "a year ago";
  words.insert(words.begin(),
               {"/usr/bin/env", "LD_PRELOAD=" DEEPMINE_CLOCK_SET_BACK, "DEEPMINE_CLOCK_SET_BACK=" + sign.string()});
  Process program(words);
  await_units(program, run.store("store"), 3);
  write_file(sign, "");
  const Finished finished = program.wait();
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(TinyRun::results(run.store("store")) == TinyRun::results(run.store("whole")));
  // It was set back indeed, and the store tells so.
  CHECK(rows_of(run.store("store"), "SELECT finished < started FROM run") == std::vector<std::string>{"1|"});
  CHECK(rows_of(run.store("store"), "SELECT count(DISTINCT substr(finished, 1, 4)) FROM unit") ==
        std::vector<std::string>{"2|"});
  const Finished again = deepmine_run(run.words("store"));
  CHECK(again.code == 0);
  CHECK(again.out == finished.out);
  FaultTable table("clock set back");
  table.add("by a year, while `run` measures", 1, "exit 0, rows of an undisturbed run",
            "nothing measured again, the same table");
  table.check();
}

}  // namespace
}  // namespace deepmine
