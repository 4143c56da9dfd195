// Places that cannot be written: file systems mounted read-only, which stop root as well.
#include "tests/faults/broken_disk.h"
#include "tests/faults/small_program.h"

namespace deepmine {
namespace {

/// A store whose run was killed after some units.
std::vector<std::string> begin_and_kill(const Words& run, const fs::path& store) {
  Process program(deepmine_words(run));
  await_units(program, store, 3);
  program.send(SIGKILL);
  program.wait();
  return units_in(store);
}

void check_runs(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("whole"));
  const auto expected = TinyRun::results(run.store("whole"));
  const auto on_disk = [&](const std::string& name, const std::string& file, const auto& prepare) {
    const PrivateDisk disk(folder / "disk");
    const fs::path store = disk / file;
    const std::vector<std::string> units = prepare(store);
    const auto check = [&] {
      CHECK(TinyRun::results(store) == expected);
      const auto now = units_in(store);
      CHECK(std::includes(now.begin(), now.end(), units.begin(), units.end()));
    };
    const Words words = TinyRun::into(store, run.artifacts("whole"));
    check_read_only(disk, {name, deepmine_words(words), file, "rows of an undisturbed run", check}, table);
  };
  const auto nothing = [](const fs::path&) { return std::vector<std::string>{}; };
  on_disk("`run`, folder of a new store", "s.sqlite", nothing);
  on_disk("`run`, folder above that of a new store", "new/s.sqlite", nothing);
  on_disk("`run`, store with some units", "s.sqlite",
          [&](const fs::path& store) { return begin_and_kill(TinyRun::into(store, run.artifacts("whole")), store); });
  on_disk("`run`, store with all units", "s.sqlite", [&](const fs::path& store) {
    fs::copy_file(run.store("whole"), store);
    return units_in(store);
  });
  const PrivateDisk disk(folder / "elsewhere");
  const auto check = [&] { CHECK(TinyRun::results(run.store("s")) == expected); };
  check_read_only(
      disk,
      {"`run`, folder of adversarial images", deepmine_words(TinyRun::into(run.store("s"), disk / "images")),
       "elsewhere/images", "rows of an undisturbed run", check},
      table);
  const PrivateDisk figures(folder / "figures");
  check_read_only(figures, {"`run`, folder of figures", deepmine_words(run.words("s")), "figures", "figures drawn",
                            [&] { CHECK_FALSE(fs::is_empty(figures.folder())); }, false}, table);
}

/// Readers do not need to write.
void check_readers(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("whole"));
  const PrivateDisk disk(folder / "disk");
  const std::string store = (disk / "s.sqlite").string(), writable = run.store("whole").string();
  fs::copy_file(writable, store);
  const auto readers = [&](const std::string& of) {
    return deepmine_all(
        {{"table", "deep-mining", "--store", of},
         {"verify", "deep-mining", "--profile", "quick", "--store", of},
         {"export", "--csv", (folder / ("csv of " + fs::path(of).stem().string())).string(), "--store", of},
         {"report", "--out", (folder / "r.html").string(), "--store", of}});
  };
  disk.forbid_writing();
  const auto found = readers(store), expected = readers(writable);
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(found[i].err);
    CHECK(found[i].code == expected[i].code);
    CHECK(found[i].code <= 1);  // a shape check of so small a run may fail
  }
  CHECK(found[0].out == expected[0].out);
  CHECK(found[1].out == expected[1].out);
  table.add("`table`, `verify`, `export`, `report`, store", found.size(), "as if it could be written", "–");
}

void check_work(FaultTable& table) {
  const TemporaryFolder folder;
  const SmallAttack attack(folder.path());
  const fs::path whole = folder / "whole.npz";
  REQUIRE(Process(training_words(whole)).wait().code == 0);
  REQUIRE(Process(attack.words("whole.npy")).wait().code == 0);
  const PrivateDisk disk(folder / "disk");
  check_read_only(disk,
                  {"`train`, folder of the model file", training_words(disk / "m.npz"), "m.npz.log", "same weights",
                   [&] { CHECK(read_file(disk / "m.npz") == read_file(whole)); }},
                  table);
  check_read_only(disk, {"`attack`, folder of the images", attack.words(disk / "a.npy"), "a.npy.batches", "same images",
                         [&] { CHECK(read_file(disk / "a.npy") == read_file(folder / "whole.npy")); }}, table);
  const std::string p = write_values<double>(folder / "p.npy", {2, 3}, {.1, .2, .3, .4, .5, .6});
  const Words scan = deepmine_words({"scan", "--p-values", p, "--json", "--store", (folder / "t.sqlite").string()});
  const auto recorded = [&] {
    CHECK(rows_of(folder / "t.sqlite", "SELECT status FROM run") == std::vector<std::string>{"finished|"});
  };
  check_read_only(disk,
                  {"`scan --store`, TMPDIR", with_environment("TMPDIR=" + disk.folder().string(), scan),
                   "disk/deepmine-printed-", "recorded", recorded},
                  table);
  const Finished nowhere = Process(with_environment("TMPDIR=" + (disk / "absent").string(), scan)).wait();
  table.add("`scan --store`, TMPDIR that is no folder", 1,
            "exit 2: " + shortened(check_refusal(nowhere, "disk/absent")), "recorded");
  for (const char* out : {"p.csv", "p.npy"}) {
    check_read_only(disk,
                    {"`p-values`, folder of " + std::string(out),
                     deepmine_words({"p-values", "--background", p, "--evaluation", p, "--out", (disk / out).string()}),
                     out, "result written", [&] { CHECK(fs::exists(disk / out)); }},
                    table);
  }
}

TEST_CASE("what cannot be written is told, what can be read is read, and the same command finishes once it may write") {
  if (!may_mount()) { WARN("SKIPPED: no right to mount a file system of our own"); return; }
  if (!have_images()) { WARN("SKIPPED: no Fashion-MNIST"); return; }
  FaultTable table("read-only");
  check_runs(table);
  check_readers(table);
  check_work(table);
  table.check();
}

}  // namespace
}  // namespace deepmine
