// What the program leaves among the temporary files, which it may share with others.
#include "tests/end_to_end/store_rows.h"

namespace deepmine {
namespace {

/// The program in a TMPDIR where `prepare`, a shell's command, has put something under the names of its process.
Words in_prepared(const fs::path& temporary, const std::string& prepare, const Words& words) {
  Words all{"/usr/bin/env", "TMPDIR=" + temporary.string(), "/bin/sh", "-c",
            "cd \"$TMPDIR\" && " + prepare + " && exec \"$0\" \"$@\""};
  for (const std::string& word : deepmine_words(words)) all.push_back(word);
  return all;
}

std::size_t count(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

struct Files {
  TemporaryFolder folder;
  fs::path temporary = folder / "temporary";
  std::string store = (folder / "s.sqlite").string(),
              p = write_values<double>(folder / "p.npy", {2, 3}, {.1, .2, .3, .4, .5, .6});
  Words scan{"scan", "--p-values", p, "--json", "--store", store};

  Files() { fs::create_directory(temporary); }
};

TEST_CASE("what a scan prints is not written through a link that somebody left") {
  const Files files;
  write_file(files.folder / "victim", "mine");
  const std::string prepare = "ln -s ../victim deepmine-printed-$$ && ln -s ../victim deepmine-$$";
  const Finished finished = Process(in_prepared(files.temporary, prepare, files.scan)).wait();
  INFO(finished.err);
  CHECK(finished.code == 0);
  CHECK(Json::parse(finished.out).contains("score"));
  CHECK(read_file(files.folder / "victim") == "mine");
  CHECK(count(files.temporary) == 2);
}

TEST_CASE("a report works in a folder of its own and leaves what is beside it") {
  const Files files;
  measured(files.scan);
  const Words report{"report", "--store", files.store, "--out", (files.folder / "r.html").string()};
  const Finished finished =
      Process(in_prepared(files.temporary, "mkdir deepmine-$$ && touch deepmine-$$/mine", report)).wait();
  INFO(finished.err);
  CHECK(finished.code == 0);
  REQUIRE(count(files.temporary) == 1);
  CHECK(fs::exists(fs::directory_iterator(files.temporary)->path() / "mine"));
}

TEST_CASE("numbers that no 64 or 32 bits hold are refused for a recorded command, too") {
  const Files files;
  std::vector<Refusal> refusals;
  for (const auto& [option, number] :
       {std::pair{"--seed", "99999999999999999999999"}, {"--threads", "4294967298"}, {"--seed", "-1"}}) {
    Words words = files.scan;
    words.insert(words.end(), {option, number});
    refusals.push_back({words, std::string(option) + ": expected a whole number"});
  }
  check_refusals(refusals);
  CHECK(rows_of(files.store, "SELECT uid FROM run").empty());
}

}  // namespace
}  // namespace deepmine
