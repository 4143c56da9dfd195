#include "framework/run/store_edition.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace deepmine {
namespace {

/// Reads an SQLite page from some place on; every read of what is not there fails for good.
class PageReader {
 public:
  PageReader(std::string_view page, std::size_t place) : page_(page), place_(place) {}

  bool failed() const { return failed_; }
  std::uint64_t byte() {
    failed_ = failed_ || place_ >= page_.size();
    return failed_ ? 0 : static_cast<unsigned char>(page_[place_++]);
  }
  std::uint64_t two_bytes() {
    const std::uint64_t high = byte();
    return high * 256 + byte();
  }
  /// SQLite's numbers of up to nine bytes; those here have three at most.
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t next = byte();
      value = value * 128 + next % 128;
      if (next < 128) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string text(std::uint64_t size) {
    failed_ = failed_ || size > page_.size() - place_;
    if (failed_) return {};
    place_ += size;
    return std::string(page_.substr(place_ - size, size));
  }

 private:
  std::string_view page_;
  std::size_t place_;
  bool failed_ = false;
};

std::filesystem::file_time_type last_change(const std::filesystem::path& file) {
  std::error_code missing;
  return std::filesystem::last_write_time(file, missing);
}

/// With a log the file gets what is committed; with a rollback journal also what may be taken back.
bool holds_committed_only(Database& database) {
  Statement& mode = database.cached("PRAGMA journal_mode");
  const bool has_log = mode.step() && mode.text(0) == "wal";
  mode.reset();
  return has_log;
}

/// Lengths of texts are written as odd numbers from 13 on.
std::optional<std::uint64_t> text_size(std::uint64_t type) {
  if (type < 13 || type % 2 == 0) return std::nullopt;
  return (type - 13) / 2;
}

/// The rows of a leaf of a table WITHOUT ROWID that has two columns of text.
std::map<std::string, std::string> rows_of_leaf(std::string_view page) {
  constexpr std::uint64_t kLeafOfIndex = 10;
  constexpr std::size_t kHeader = 8;
  PageReader header(page, 0);
  if (header.byte() != kLeafOfIndex) return {};
  header.two_bytes();
  const std::uint64_t n_cells = header.two_bytes();
  std::map<std::string, std::string> rows;
  for (std::uint64_t i = 0; i < n_cells; ++i) {
    PageReader cell(page, PageReader(page, kHeader + 2 * i).two_bytes());
    cell.varint();  // bytes of the row
    cell.varint();  // of these, of its header
    const auto name = text_size(cell.varint()), value = text_size(cell.varint());
    if (!name || !value || cell.failed()) return {};
    std::string text = cell.text(*name);
    rows[std::move(text)] = cell.text(*value);
    if (cell.failed()) return {};
  }
  return rows;
}

}  // namespace

StoreEdition parse_edition(std::string_view page) {
  const auto rows = rows_of_leaf(page);
  const auto id = rows.find("id"), writes = rows.find("writes");
  if (id == rows.end() || writes == rows.end()) return {};
  StoreEdition edition{id->second, -1};
  std::from_chars(writes->second.data(), writes->second.data() + writes->second.size(), edition.writes);
  return edition;
}

/// Where nothing can be read the page is where it was: something else may lie at the path.
void EditionWatch::find_page(Database& database) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database.handle(), "SELECT rootpage FROM sqlite_schema WHERE name = 'store_info'", -1, &statement, nullptr);
  if (sqlite3_step(statement) == SQLITE_ROW) page_ = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
}

void EditionWatch::begin(Database& database) {
  find_page(database);
  page_size_ = database.integer("PRAGMA page_size");
  Statement id = database.prepare("SELECT value FROM store_info WHERE name = 'id'");
  if (id.step()) seen_.id = id.text(0);
  seen_.writes = -1;
}

void EditionWatch::expect(std::int64_t writes) {
  in_file_ = true;
  seen_.writes = std::max(seen_.writes, writes);
}

/// Through SQLite's own handle: to close another one would drop the locks of this process.
std::string EditionWatch::read_page(Database& database) const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  std::string page(static_cast<std::size_t>(page_size_), '\0');
  if (file == nullptr || file->pMethods == nullptr) return {};
  const int code = file->pMethods->xRead(file, page.data(), static_cast<int>(page_size_), (page_ - 1) * page_size_);
  return code == SQLITE_OK ? page : std::string();
}

/// Another process may just be writing the page, or have moved it by a VACUUM: then a later look finds it, once the file
/// changes no more, which may take as long as copying it.
std::string_view EditionWatch::replaced_by(Database& database) {
  constexpr int kQuietLooks = 5, kLooks = 3000, kPauseMs = 20;
  std::string_view found = difference(database);
  auto changed = last_change(database.path());
  for (int look = 1, quiet = 1; !found.empty() && quiet < kQuietLooks && look < kLooks; ++look) {
    sqlite3_sleep(kPauseMs);
    const auto now = last_change(database.path());
    quiet = now == changed ? quiet + 1 : 0;
    changed = now;
    find_page(database);
    found = difference(database);
  }
  return found;
}

std::string_view EditionWatch::difference(Database& database) {
  const StoreEdition found = parse_edition(read_page(database));
  if (found.id.empty() && !in_file_) return {};  // a new store, all of which is in its log
  if (found.id != seen_.id) return "something else";
  if (found.writes < seen_.writes) return "an older copy";
  in_file_ = true;
  if (holds_committed_only(database)) seen_.writes = found.writes;
  return {};
}

}  // namespace deepmine
