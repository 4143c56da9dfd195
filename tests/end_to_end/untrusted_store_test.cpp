// Stores that somebody else altered: names, texts and pages that this program would not have written.
#include "tests/end_to_end/changed_store.h"

namespace deepmine {
namespace {

const fs::path kStore = kReference / "deep-mining.sqlite";

Words export_words(const std::string& store, const fs::path& folder) {
  return {"export", "--csv", folder.string(), "--store", store};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

TEST_CASE("export writes nothing for a table whose name is no name of a file in its folder") {
  const TemporaryFolder folder;
  const std::string store = copy_of(folder, kStore);
  const fs::path out = folder / "csv", victim = folder / "pwned.csv";
  write_file(victim, "mine");
  for (const std::string name : {"../pwned", "..", "", "a/b", "a b", "run\"\"; --", "a\nb", "über"}) {
    INFO(name);
    change(store, "CREATE TABLE \"" + name + "\" (a)", 0);
    check_refused(deepmine_run(export_words(store, out)),
                  "expected names of tables in letters, digits and _, found \"");
    CHECK_FALSE(fs::exists(out));
    change(store, "DROP TABLE \"" + name + "\"", 0);
  }
  CHECK(read_file(victim) == "mine");
  change(store, "CREATE TABLE \"order\" (a)", 0);  // a word of SQL is a name like another
  change(store, "CREATE TABLE sqliteA (a)", 0);
  CHECK(deepmine_run(export_words(store, out)).code == 0);
  CHECK(read_file(out / "order.csv") == "a\n");
  CHECK(read_file(out / "sqliteA.csv") == "a\n");
}

TEST_CASE("export does not write over the store it reads") {
  const TemporaryFolder folder;
  const fs::path store = folder / "run.csv";
  fs::copy_file(kStore, store);
  check_refused(deepmine_run(export_words(store.string(), folder.path())),
                "expected another file than those that are read");
  CHECK(sha256_of_file(store) == sha256_of_file(kStore));
}

/// The last page of a table, from its first one: interior pages, whose kind is 2 or 5, name it.
std::size_t last_page(const std::string& bytes, std::size_t page, std::size_t size) {
  const auto at = [&](std::size_t byte) { return static_cast<unsigned char>(bytes.at((page - 1) * size + byte)); };
  while (at(0) == 2 || at(0) == 5) {
    page = at(8) * std::size_t{0x1000000} + at(9) * std::size_t{0x10000} + at(10) * std::size_t{0x100} + at(11);
  }
  return page;
}

/// Makes the last rows of a table unreadable.
void damage(const std::string& store, const std::string& table) {
  const std::string root = rows_of(store, "SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'")[0];
  std::string bytes = read_file(store);
  const std::size_t size = std::stoul(rows_of(store, "PRAGMA page_size")[0]);
  bytes.at((last_page(bytes, std::stoul(root), size) - 1) * size) = '\x77';
  write_file(store, bytes);
}

TEST_CASE("a table that cannot be read to its end leaves no file, or the one that was there") {
  const TemporaryFolder folder;
  const std::string store = copy_of(folder, kStore);
  damage(store, "unit");
  const fs::path out = folder / "csv", file = out / "unit.csv";
  const bool before = GENERATE(false, true);
  fs::create_directory(out);
  if (before) write_file(file, "old");
  const Finished finished = deepmine_run(export_words(store, out));
  CHECK(finished.code == 2);
  CHECK(finished.err.find("its content is damaged") != std::string::npos);
  CHECK(fs::exists(out / "run.csv"));
  CHECK(fs::exists(file) == before);
  if (before) CHECK(read_file(file) == "old");
  for (const std::string& name : names_in(out)) CHECK(fs::path(name).extension() == ".csv");
}

TEST_CASE("an export killed while it writes a table leaves whole ones only") {
  const TemporaryFolder folder;
  REQUIRE(deepmine_run(export_words(kStore.string(), folder / "whole")).code == 0);
  for (int attempt = 0; attempt < 5; ++attempt) {
    const fs::path out = folder / std::to_string(attempt);
    fs::create_directory(out);
    Process program(deepmine_words(export_words(kStore.string(), out)));
    const auto begun = [&] {
      const auto names = names_in(out);
      return std::any_of(names.begin(), names.end(),
                         [](const auto& name) { return name.rfind("scan_detail.csv", 0) == 0; });
    };
    program.run_until(begun);
    program.send(SIGKILL);
    program.wait();
    for (const std::string& name : names_in(out)) {
      if (fs::path(name).extension() != ".csv") continue;
      INFO(name);
      CHECK(read_file(out / name) == read_file(folder / "whole" / name));
    }
  }
}

TEST_CASE("a replay of a row that this program would not have written is refused") {
  const TemporaryFolder folder;
  const std::string uid = run_of(kStore, "profile = 'quick'");
  const std::vector<std::pair<std::string, std::string>> rows{
      {"experiment = 'table', profile = 'command'", "expected a recorded activations, attack, p-values, scan or train"},
      {"experiment = 'scan', profile = 'command'", "expected the checksum of its result"},
      {"experiment = 'none'", "unknown experiment"},
      {"seed = 'x'", "seed of run " + uid + ": expected a whole number"},
      {"seed = '18446744073709551616'", "seed of run " + uid},
      {"threads = 4294967297", "threads of run " + uid + ": expected a whole number from 1"},
      {"libraries = '{oops'", "libraries of run " + uid + ": expected a JSON object of versions, found \"{oops\""},
      {"libraries = '[\"1\"]'", "libraries of run"},
      {"libraries = '{\"a\": 1}'", "libraries of run"}};
  std::vector<Refusal> refusals;
  for (const auto& [row, part] : rows) {
    const std::string store = (folder / (std::to_string(refusals.size()) + ".sqlite")).string();
    fs::copy_file(kStore, store);
    change(store, "UPDATE run SET " + row + " WHERE uid = '" + uid + "'");
    refusals.push_back({{"replay", uid, "--store", store}, part});
  }
  check_refusals(refusals);
}

TEST_CASE("verify writes bytes that are no text as signs that say so") {
  const TemporaryFolder folder;
  const std::string store = copy_of(folder, kStore);
  const std::string uid = run_of(store,
                                 "profile = 'paper' AND uid IN (SELECT run FROM comparison) AND NOT EXISTS (SELECT 1 "
                                 "FROM shape_check WHERE run = uid AND NOT passed)");
  change(store,
         "UPDATE shape_check SET detail = CAST(x'61ff62' AS TEXT) WHERE run = '" + uid + "' AND name LIKE '1a.%'");
  const Json found = json_of(deepmine_run({"verify", "deep-mining", "--run", uid, "--store", store, "--json"}));
  CHECK(found["checks"].dump().find("a\uFFFDb") != std::string::npos);
}

}  // namespace
}  // namespace deepmine
