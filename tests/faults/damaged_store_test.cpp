// Stores cut off or with a bit flipped. SQLite keeps no checksum of its pages: what is noticed is damage to their
// structure, when a store is opened to be written.
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "tests/faults/damage.h"
#include "tests/faults/fault_table.h"
#include "tests/framework/run/sample_units.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096;

/// The same bytes but for times on every machine.
Run begin(ResultStore& store) { return store.begin_run(sample_key(), Provenance{}, 2, "deepmine run deep-mining"); }

/// A store with three of six units, as it lies on the disk: everything in the file, or the units still in its log.
struct Sample {
  std::string store, log;

  explicit Sample(bool in_log) {
    const TemporaryFolder folder;
    const auto path = folder / "store.sqlite";
    {
      ResultStore open = ResultStore::open(path);
      Run run = begin(open);
      // A reader that is at work keeps what is written from then on in the log, which is empty otherwise.
      Database reader(path, Database::Access::ReadOnly);
      Statement reading = reader.prepare("SELECT uid FROM run");
      if (in_log) REQUIRE(reading.step());
      for (int unit = 0; unit < 3; ++unit) {
        run.write_unit(unit_name(unit), [&](UnitWriter& writer) { write_sample_unit(writer, unit, [](int) {}); });
      }
      if (in_log) {
        store = read_file(path);
        log = read_file(path.string() + "-wal");
      }
    }
    if (!in_log) store = read_file(path);
  }
};

/// All that a run writes but when, whatever the views make of it.
constexpr const char* kEverything[] = {"SELECT * FROM score ORDER BY cell, item",
                                       "SELECT * FROM scan_detail ORDER BY cell, item",
                                       "SELECT * FROM start_score ORDER BY cell, item, start",
                                       "SELECT * FROM score_cell ORDER BY cell",
                                       "SELECT * FROM input_set ORDER BY input_set",
                                       "SELECT * FROM input ORDER BY input_set, item",
                                       "SELECT * FROM spec_option ORDER BY spec, key",
                                       "SELECT run, name FROM unit ORDER BY run, name",
                                       "SELECT * FROM param ORDER BY run, key",
                                       "SELECT * FROM run_input ORDER BY run, role",
                                       "SELECT uid, experiment, profile, status, seed, threads, error, command, "
                                       "code_version, git_commit, dirty, compiler, flags, libraries,"
                                       " cpu, os FROM run ORDER BY uid"};

/// Opens, continues and reads a store as a run does.
std::string continued(const fs::path& path) {
  ResultStore store = ResultStore::open(path);
  Run run = begin(store);
  if (!run.finished()) write_all_units(run);
  std::string all;
  for (const char* sql : kEverything) all += rows_of(store, sql);
  return all;
}

/// What a run that nothing happens to leaves.
const std::string& undisturbed() {
  static const std::string all = [] {
    const TemporaryFolder folder;
    return continued(folder / "store.sqlite");
  }();
  return all;
}

enum class Unnoticed { kNever, kPossible };

/// What becomes of a run that continues in each of the damaged files; in a sound one the next run does all that is
/// left.
void check_stores(const std::string& what, const std::vector<Sample>& damaged, Unnoticed unnoticed, FaultTable& table) {
  Outcomes outcomes;
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    INFO(what << ", number " << i);
    const TemporaryFolder folder;
    const auto path = folder / "store.sqlite";
    write_file(path, damaged[i].store);
    if (!damaged[i].log.empty()) write_file(path.string() + "-wal", damaged[i].log);
    try {
      const bool right = continued(path) == undisturbed();
      CHECK((right || unnoticed == Unnoticed::kPossible));
      outcomes.other(right ? "continued to the rows of an undisturbed run" : kUnnoticed);
    } catch (const Error& error) {
      const std::string text = error.what();
      CHECK(text.find("store.sqlite") != std::string::npos);
      CHECK(text.find('\n') == std::string::npos);
      outcomes.refused(text);
    }
  }
  table.add(what, damaged.size(), outcomes.text(), "in a copy of the sound store: rows of an undisturbed run");
}

std::vector<Sample> with_stores(const Sample& sound, const std::vector<std::string>& stores) {
  std::vector<Sample> result(stores.size(), sound);
  for (std::size_t i = 0; i < stores.size(); ++i) result[i].store = stores[i];
  return result;
}

std::vector<Sample> with_logs(const Sample& sound, const std::vector<std::string>& logs) {
  std::vector<Sample> result(logs.size(), sound);
  for (std::size_t i = 0; i < logs.size(); ++i) result[i].log = logs[i];
  return result;
}

/// The units' rows fill the pages behind those of a store without any; what lies there changes with the views and the
/// papers' cells, and with it would the table.
std::size_t first_of_units() {
  static const std::size_t size = [] {
    const TemporaryFolder folder;
    const auto path = folder / "store.sqlite";
    {
      ResultStore store = ResultStore::open(path);
      begin(store);
    }
    return fs::file_size(path);
  }();
  return size;
}

/// One bit flipped in the header of a page, several pages.
std::vector<std::string> page_headers_flipped(const std::string& sound, std::size_t count, RandomStream random) {
  const std::size_t pages = (sound.size() - first_of_units()) / kPage;
  std::vector<std::string> result;
  while (result.size() < count) {
    const std::size_t begin = first_of_units() + random.below(pages) * kPage;
    result.push_back(flipped(sound, 1, RandomStream(Seed(random.next())), begin, begin + 8)[0]);
  }
  return result;
}

/// One bit flipped in the rows of a table that is one page.
std::vector<std::string> rows_flipped(const Sample& sound, const std::string& name, std::size_t count,
                                      RandomStream random) {
  const TemporaryFolder folder;
  write_file(folder / "store.sqlite", sound.store);
  Database database(folder / "store.sqlite", Database::Access::ReadOnly);
  const auto page =
      static_cast<std::size_t>(database.integer("SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'"));
  const std::size_t begin = (page - 1) * kPage;
  const auto at = [&](std::size_t place) {
    return std::size_t{static_cast<unsigned char>(sound.store[begin + place])};
  };
  REQUIRE((at(0) == 10 || at(0) == 13));  // a leaf
  return flipped(sound.store, count, std::move(random), begin + at(5) * 256 + at(6), begin + kPage);
}

TEST_CASE("a damaged store is refused, or its run ends in the rows of an undisturbed one") {
  FaultTable table("store damaged");
  const auto random = [](const char* what) { return RandomStream(Seed(3).child(what)); };
  const Sample whole(false), logged(true);
  REQUIRE(logged.log.size() > 100'000);
  REQUIRE(whole.store.size() > first_of_units() + 10 * kPage);
  check_stores("cut off", with_stores(whole, truncated(whole.store, 15, random("cut"))), Unnoticed::kPossible, table);
  check_stores("bit of the file's header", with_stores(whole, flipped(whole.store, 30, random("header"), 0, 100)),
               Unnoticed::kNever, table);
  check_stores("bit of a page's header", with_stores(whole, page_headers_flipped(whole.store, 30, random("page"))),
               Unnoticed::kPossible, table);
  for (const auto& [name, what] : {std::pair{"unit", "bit of the list of finished units"},
                                   {"run", "bit of the rows of runs"},
                                   {"param", "bit of a run's parameters"},
                                   {"score_cell", "bit of the rows of cells"}}) {
    check_stores(what, with_stores(whole, rows_flipped(whole, name, 25, random(name))), Unnoticed::kPossible, table);
  }
  check_stores("bit of the units' rows", with_stores(whole, flipped(whole.store, 40, random("any"), first_of_units())),
               Unnoticed::kPossible, table);
  check_stores("write-ahead log cut off", with_logs(logged, truncated(logged.log, 12, random("log cut"))),
               Unnoticed::kNever, table);
  check_stores("bit of the write-ahead log", with_logs(logged, flipped(logged.log, 20, random("log"))),
               Unnoticed::kNever, table);
  check_stores("sound", {whole, logged}, Unnoticed::kNever, table);
  table.check();
}

}  // namespace
}  // namespace deepmine
