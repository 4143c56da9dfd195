#include "framework/run/published.h"

#include "framework/core/error.h"
#include "framework/core/spec.h"
#include "framework/run/embedded.h"

namespace deepmine {
namespace {

constexpr std::string_view kHeader = "paper,tbl,row,col,metric,value,raw,note";
constexpr std::size_t kFields = 8;

/// The fields of one line; a quoted field may hold commas and doubled quotes.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool doubled = quoted && line.substr(i, 2) == "\"\"";
    if (line[i] == '"' && !doubled) {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
    i += doubled ? 1 : 0;
  }
  return fields;
}

PublishedCell cell_of(const std::vector<std::string>& fields, const std::string& where) {
  ensure(fields.size() == kFields, "{}: expected {} fields, found {}; quote fields with commas",
         where, kFields, fields.size());
  PublishedCell cell{fields[0], fields[1], fields[2], fields[3],
                     fields[4], {},        fields[6], fields[7]};
  if (!fields[5].empty()) cell.value = parse_real(fields[5], where);
  return cell;
}

std::string_view next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

std::vector<PublishedCell> parse_published(std::string_view csv, std::string_view name) {
  const std::string_view header = next_line(csv);
  ensure(header == kHeader, "{}: expected the header \"{}\", found \"{}\"", name, kHeader, header);
  std::vector<PublishedCell> cells;
  for (int number = 2; !csv.empty(); ++number) {
    const std::string_view line = next_line(csv);
    if (!line.empty()) {
      cells.push_back(cell_of(fields_of(line), fmt::format("{} line {}", name, number)));
    }
  }
  return cells;
}

std::vector<PublishedCell> published_cells() {
  std::vector<PublishedCell> all;
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name.substr(0, 10) != "published/") continue;
    for (PublishedCell& cell : parse_published(file.text, file.name))
      all.push_back(std::move(cell));
  }
  return all;
}

void load_published(Database& database, const std::vector<PublishedCell>& cells) {
  database.execute("DELETE FROM published");
  Statement insert =
      database.prepare("INSERT INTO published VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  for (const PublishedCell& cell : cells) {
    insert
        .bind(cell.paper, cell.tbl, cell.row, cell.col, cell.metric, cell.value, cell.raw,
              cell.note)
        .run();
  }
}

}  // namespace deepmine
