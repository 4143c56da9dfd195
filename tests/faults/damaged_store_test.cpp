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

/// A store with three of six units, as it lies on the disk: everything in the file, or the units still in its log.
struct Sample {
  std::string store, log;

  explicit Sample(bool in_log) {
    const TemporaryFolder folder;
    const auto path = folder / "store.sqlite";
    {
      ResultStore open = ResultStore::open(path);
      Run run = begin_sample(open);
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

/// Opens, continues and reads a store as a run does.
std::string continued(const fs::path& path) {
  ResultStore store = ResultStore::open(path);
  Run run = begin_sample(store);
  if (!run.finished()) write_all_units(run);
  return rows_of(store, kAllRows);
}

enum class Unnoticed { kNever, kPossible };

/// What becomes of a run that continues in each of the damaged files; in a sound one the next run does all that is left.
void check_stores(const std::string& what, const std::vector<Sample>& damaged, Unnoticed unnoticed, FaultTable& table) {
  static const std::string undisturbed = rows_of_undisturbed_run();
  Outcomes outcomes;
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    INFO(what << ", number " << i);
    const TemporaryFolder folder;
    const auto path = folder / "store.sqlite";
    write_file(path, damaged[i].store);
    if (!damaged[i].log.empty()) write_file(path.string() + "-wal", damaged[i].log);
    try {
      const bool right = continued(path) == undisturbed;
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

/// The units' rows fill the last pages; what lies before them changes with the views and the papers' cells, and with it
/// would the table.
std::size_t first_of_units(const std::string& store) { return store.size() - 64 * kPage; }

/// One bit flipped in the header of a page, several pages.
std::vector<std::string> page_headers_flipped(const std::string& sound, std::size_t count, RandomStream random) {
  std::vector<std::string> result;
  while (result.size() < count) {
    const std::size_t begin = first_of_units(sound) + random.below(64) * kPage;
    result.push_back(flipped(sound, 1, RandomStream(Seed(random.next())), begin, begin + 8)[0]);
  }
  return result;
}

TEST_CASE("a damaged store is refused, or its run ends in the rows of an undisturbed one") {
  FaultTable table("store damaged");
  const auto random = [](const char* what) { return RandomStream(Seed(3).child(what)); };
  const Sample whole(false), logged(true);
  REQUIRE(logged.log.size() > 100'000);
  check_stores("cut off", with_stores(whole, truncated(whole.store, 15, random("cut"))), Unnoticed::kPossible, table);
  check_stores("bit of the file's header", with_stores(whole, flipped(whole.store, 30, random("header"), 0, 100)), Unnoticed::kNever,
               table);
  check_stores("bit of a page's header", with_stores(whole, page_headers_flipped(whole.store, 30, random("page"))),
               Unnoticed::kPossible, table);
  check_stores("bit anywhere", with_stores(whole, flipped(whole.store, 40, random("any"), first_of_units(whole.store))),
               Unnoticed::kPossible, table);
  check_stores("write-ahead log cut off", with_logs(logged, truncated(logged.log, 12, random("log cut"))), Unnoticed::kNever, table);
  check_stores("bit of the write-ahead log", with_logs(logged, flipped(logged.log, 20, random("log"))), Unnoticed::kNever, table);
  check_stores("sound", {whole, logged}, Unnoticed::kNever, table);
  table.check();
}

}  // namespace
}  // namespace deepmine
