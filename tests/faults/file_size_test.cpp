// No file may grow beyond a limit (ulimit -f), at each place where something is written. A quota ends the same way,
// with another word of the system's.
#include "tests/faults/broken_disk.h"
#include "tests/faults/small_program.h"

namespace deepmine {
namespace {

/// The command where no file may have more than so many kilobytes.
Words limited(std::size_t kilobytes, const Words& words) {
  Words result{"/bin/bash", "-c", "ulimit -f \"$0\" && exec \"$@\"", std::to_string(kilobytes)};
  result.insert(result.end(), words.begin(), words.end());
  return result;
}

std::size_t parts_in(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    count += entry.path().extension() == ".part" ? 1 : 0;
  return count;
}

void check_limited(const fs::path& folder, std::size_t kilobytes, const Stage& stage, FaultTable& table) {
  Stage first = stage;
  first.words = limited(kilobytes, stage.words);
  const std::string complaint = check_complaint(first, {"File too large"});
  CHECK(parts_in(folder) == 0);
  check_second_run(stage);
  table.add(stage.name, 1, complaint, stage.next);
}

/// Commands that write one file, where an old one lies.
void check_results(FaultTable& table) {
  const TemporaryFolder folder;
  RandomStream random(Seed(3));
  std::vector<float> values(200 * 8);
  for (float& value : values) value = static_cast<float>(random.uniform());
  const std::string a = write_values<float>(folder / "a.npy", {200, 8}, values);
  for (const char* name : {"p.npy", "p.csv"}) {
    const fs::path out = folder / name;
    write_file(out, "old");
    const Words words = deepmine_words({"p-values", "--background", a, "--evaluation", a, "--out", out.string()});
    CHECK(Process(limited(4, words)).wait().code == 2);
    CHECK(read_file(out) == "old");
    const std::string as_text = out.extension() == ".csv" ? ", as text" : "";
    check_limited(folder.path(), 4,
                  {"`p-values`" + as_text, words, name, "result written", [&] { CHECK(fs::file_size(out) > 4096); }},
                  table);
  }
}

void check_attack(FaultTable& table) {
  const TemporaryFolder folder;
  const SmallAttack attack(folder.path());
  REQUIRE(Process(attack.words("whole.npy")).wait().code == 0);
  for (const auto& [name, limit, file] :
       {std::tuple{"`attack`, batches kept", 16U, ".batch"}, {"`attack`, images", 512U, "a.npy"}}) {
    const auto check = [&] {
      CHECK(read_file(folder / "a.npy") == read_file(folder / "whole.npy"));
      CHECK_FALSE(fs::exists(folder / "a.npy.batches"));
    };
    check_limited(folder.path(), limit, {name, attack.words("a.npy"), file, "same images", check}, table);
    fs::remove(folder / "a.npy");
  }
}

void check_runs(FaultTable& table) {
  const TemporaryFolder folder;
  const TinyRun run(folder.path());
  measured(run.words("whole"));
  const auto expected = TinyRun::results(run.store("whole"));
  const Words words = deepmine_words(TinyRun::into(folder / "s.sqlite", run.artifacts("whole")));
  const auto check = [&] { CHECK(TinyRun::results(folder / "s.sqlite") == expected); };
  check_limited(folder.path(), 100, {"`run`, store", words, "s.sqlite", "rows of an undisturbed run", check}, table);
  const std::string store = run.store("whole").string(), page = (folder / "r.html").string();
  const auto with_figures = [&] { CHECK(read_file(page).find("</svg>") != std::string::npos); };
  check_limited(folder.path(), 40,
                {"`report`, figures", deepmine_words({"report", "--store", store, "--out", page}), "scores.svg",
                 "report with figures", with_figures, false},
                table);
}

TEST_CASE("a file that may not grow is told wherever it is written, and the same command finishes once it may") {
  if (!have_images()) {
    WARN("SKIPPED: no Fashion-MNIST");
    return;
  }
  FaultTable table("file too large");
  check_runs(table);
  check_attack(table);
  check_results(table);
  table.check();
}

}  // namespace
}  // namespace deepmine
