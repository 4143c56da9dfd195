// The disk has no room left, at each place where something is written. Each place is a file system of its own, of which
// a given number of kilobytes is free.
#include "tests/faults/broken_disk.h"
#include "tests/faults/small_program.h"

namespace deepmine {
namespace {

std::size_t kilobytes(const fs::path& file) { return fs::file_size(file) / 1024; }

/// Size of the state that a training keeps.
std::size_t kilobytes_of_state(const fs::path& folder) {
  const fs::path state = folder / "probe.npz.training";
  Process program(training_words(folder / "probe.npz"));
  program.run_until([&] { return fs::exists(state); });
  program.send(SIGKILL);
  program.wait();
  REQUIRE(fs::exists(state));
  return kilobytes(state);
}

/// Trains onto a disk of `room` kilobytes; `continued` is what its log says when it goes on.
void check_training(const std::string& name, std::size_t room, const std::string& recipe, const std::string& file,
                    const std::string& continued, FaultTable& table) {
  const TemporaryFolder folder;
  const PrivateDisk disk(folder / "disk");
  const fs::path whole = folder / "whole.npz", out = disk / "m.npz";
  REQUIRE(Process(training_words(whole, recipe)).wait().code == 0);
  const auto check = [&] {
    CHECK(read_file(out) == read_file(whole));
    CHECK(read_file(out.string() + ".log").find(continued) != std::string::npos);
  };
  check_full(disk, room, {name, training_words(out, recipe), file, "same weights; its log: " + continued, check},
             table);
}

void check_trainings(FaultTable& table) {
  const TemporaryFolder folder;
  const std::size_t state = kilobytes_of_state(folder.path());
  const std::string two = "fast:epochs=2,batch=32", one = "fast:epochs=1,batch=32";
  REQUIRE(Process(training_words(folder / "m.npz", one)).wait().code == 0);
  check_training("`train`, its log", 0, two, "m.npz.log", "training resnet20", table);
  check_training("`train`, state after the first epoch", state / 2, two, "m.npz.training", "training resnet20", table);
  check_training("`train`, state after the second epoch", state * 3 / 2, two, "m.npz.training",
                 "continuing after epoch 1", table);
  check_training("`train`, model file", state + kilobytes(folder / "m.npz") / 2, one, "m.npz",
                 "continuing after epoch 1", table);
}

void check_attacks(FaultTable& table) {
  const TemporaryFolder folder;
  const SmallAttack attack(folder.path());
  REQUIRE(Process(attack.words("whole.npy")).wait().code == 0);
  const std::size_t images = kilobytes(folder / "whole.npy");
  for (const bool batches : {true, false}) {
    const PrivateDisk disk(folder / (batches ? "first" : "second"));
    const auto check = [&] {
      CHECK(read_file(disk / "a.npy") == read_file(folder / "whole.npy"));
      CHECK_FALSE(fs::exists(disk / "a.npy.batches"));
    };
    const Stage stage{batches ? "`attack`, batches kept" : "`attack`, images", attack.words(disk / "a.npy"),
                      batches ? ".batch" : "a.npy", "same images", check};
    check_full(disk, batches ? images / 2 : images * 3 / 2, stage, table);
  }
}

void check_runs(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("whole"));
  const auto expected = TinyRun::results(run.store("whole"));
  const auto images = rows_of(run.store("whole"), "SELECT path FROM artifact WHERE kind = 'adversarial images'");
  const std::size_t artifact = kilobytes(run.artifacts("whole") / images.at(0).substr(0, images[0].size() - 1));
  const auto on_disk = [&](const std::string& name, std::size_t room, bool store) {
    const PrivateDisk disk(folder / "disk");
    // A program built from changed sources writes them beside its store, where there is room.
    fs::create_directory(folder / "artifacts");
    fs::create_directory_symlink(folder / "artifacts", disk / "artifacts");
    const fs::path database = store ? disk / "s.sqlite" : folder / (std::to_string(room) + ".sqlite");
    const fs::path artifacts = store ? run.artifacts("whole") : disk / "images";
    const auto check = [&] { CHECK(TinyRun::results(database) == expected); };
    const Stage stage{name, deepmine_words(TinyRun::into(database, artifacts)), store ? "s.sqlite" : "disk/images",
                      "rows of an undisturbed run", check};
    check_full(disk, room, stage, table);
  };
  on_disk("`run`, store, no room at all", 0, true);
  on_disk("`run`, store, room for some tables", 100, true);
  on_disk("`run`, store, room for some units", 230, true);
  on_disk("`run`, adversarial images, no room at all", 0, false);
  on_disk("`run`, adversarial images, room for the batches", artifact * 3 / 2, false);
}

/// The folder of the workers' stores is full, and then the disk of the store that they are merged into.
void check_workers(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("whole"));
  const auto expected = TinyRun::results(run.store("whole"));
  const std::string plan = (folder / "p.plan").string();
  const fs::path shards = folder / "shards", merged = folder / "merged";
  Words planning =
      TinyRun::into(merged / "s.sqlite", run.artifacts("whole"), {"--out", plan, "--shards", shards.string()});
  planning[0] = "plan";
  const PrivateDisk disk(shards), target(merged);
  measured(planning);
  const Words work = deepmine_words({"work", plan, "--quiet", "--index", "0", "--of", "1"});
  check_full(disk, 150,
             {"`work`, folder of the workers' stores", work, "part-0000-of-0001.sqlite", "all units measured", [] {}},
             table);
  const auto check = [&] { CHECK(TinyRun::results(merged / "s.sqlite") == expected); };
  check_full(target, 100,
             {"`merge`, store that is merged into", deepmine_words({"merge", "--quiet", "--plan", plan}), "s.sqlite",
              "rows of an undisturbed run", check},
             table);
}

bool are_whole(const fs::path& figures) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(figures)) {
    const std::string bytes = entry.is_regular_file() ? read_file(entry.path()) : std::string();
    const bool vector = entry.path().extension() == ".svg", pixels = entry.path().extension() == ".png";
    if (!vector && !pixels) continue;
    ++count;
    if (bytes.find(vector ? "</svg>" : "IEND") == std::string::npos) return false;
  }
  return count > 0;
}

void check_figures(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("s"));
  fs::remove_all(folder / "figures");
  for (const auto& [name, room] :
       {std::pair{"`run`, figures, no room at all", 0U}, {"`run`, figures, room for half a figure", 12U}}) {
    const PrivateDisk disk(folder / "figures");
    const auto check = [&] { CHECK(are_whole(disk.folder())); };
    check_full(disk, room, {name, deepmine_words(run.words("s")), "figures", "figures drawn", check, false}, table);
  }
}

/// Commands whose temporary files, or whose result, find no room.
void check_others(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("s"));
  RandomStream random(Seed(3));
  std::vector<float> values(200 * 8);
  for (float& value : values) value = static_cast<float>(random.uniform());
  const std::string a = write_values<float>(folder / "a.npy", {200, 8}, values), store = (folder / "t.sqlite").string();
  const std::string runs = run.store("s").string();
  const Words scan{"scan", "--background", a, "--evaluation", a, "--json"};
  Words recorded = scan;
  recorded.insert(recorded.end(), {"--store", store});
  const std::string printed = measured(scan).out;
  const auto temporary = [&](const Stage& stage) {
    const PrivateDisk disk(folder / "temporary");
    Stage there = stage;
    there.words = with_environment("TMPDIR=" + disk.folder().string(), deepmine_words(stage.words));
    check_full(disk, 0, there, table);
  };
  temporary({"`scan --store`, TMPDIR", recorded, "temporary/deepmine-printed-",
             "recorded as finished, with what was printed", [&] {
               CHECK(rows_of(store, "SELECT status FROM run") == std::vector<std::string>{"finished|"});
               CHECK(rows_of(store, "SELECT sha256 FROM run_input WHERE role = 'result'") ==
                     std::vector<std::string>{sha256(printed) + "|"});
             }});
  std::string uid = rows_of(runs, "SELECT uid FROM run")[0];
  uid.pop_back();
  temporary(
      {"`replay`, TMPDIR", {"replay", uid, "--store", runs, "--quiet"}, "temporary/deepmine-", "every row equal", [] {
       }});
  temporary({"`report`, TMPDIR", {"report", "--store", runs, "--out", (folder / "r.html").string()},
             "temporary/deepmine-", "report with figures",
             [&] { CHECK(read_file(folder / "r.html").find("</svg>") != std::string::npos); }, false});
  const auto result = [&](const std::string& name, const Words& words, const std::string& option,
                          const std::string& file) {
    const PrivateDisk disk(folder / "results");
    Words there = words;
    there.insert(there.end(), {option, (disk / file).string()});
    check_full(disk, 0, {name, deepmine_words(there), file, "result written", [&] { CHECK(fs::exists(disk / file)); }},
               table);
  };
  result("`report`", {"report", "--store", runs}, "--out", "r.html");
  result("`export`", {"export", "--store", runs}, "--csv", "csv");
  result("`p-values`", {"p-values", "--background", a, "--evaluation", a}, "--out", "p.npy");
  result("`p-values`, as text", {"p-values", "--background", a, "--evaluation", a}, "--out", "p.csv");
}

TEST_CASE("a full disk is told wherever it fills up, and the same command finishes once there is room") {
  if (!may_mount()) { WARN("SKIPPED: no right to mount a file system of our own"); return; }
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  FaultTable table("disk full");
  check_runs(table);
  check_workers(table);
  check_figures(table);
  check_trainings(table);
  check_attacks(table);
  check_others(table);
  table.check();
}

}  // namespace
}  // namespace deepmine
