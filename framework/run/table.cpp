#include "framework/run/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "framework/core/error.h"

namespace deepmine {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// The header and every cell as text, each passed through `escape`.
template <typename Escape>
Rows texts_of(const Table& table, const std::string& null, bool rounded, Escape escape) {
  Rows rows(1);
  for (const Table::Column& column : table.columns) rows[0].push_back(escape(column.name));
  for (const auto& row : table.rows) {
    rows.emplace_back();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      rows.back().push_back(escape(text_of(row.at(i), null, rounded ? table.columns[i].decimals : -1)));
    }
  }
  return rows;
}

/// Characters of UTF-8 text: bytes that do not continue one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - width_of(text), ' ');
  return right ? blanks + text : text + blanks;
}

std::string replaced(const std::string& text, const std::map<char, std::string>& by) {
  std::string result;
  for (const char c : text) {
    const auto found = by.find(c);
    result += found == by.end() ? std::string(1, c) : found->second;
  }
  return result;
}

std::string markdown_text(const std::string& text) {
  return replaced(text, {{'|', "\\|"}, {'\n', " "}});
}

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  return "\"" + replaced(text, {{'"', "\"\""}}) + "\"";
}

std::string latex_text(const std::string& text) {
  return replaced(text, {{'\\', "\\textbackslash{}"},
                         {'~', "\\textasciitilde{}"},
                         {'^', "\\textasciicircum{}"},
                         {'&', "\\&"},
                         {'%', "\\%"},
                         {'$', "\\$"},
                         {'#', "\\#"},
                         {'_', "\\_"},
                         {'{', "\\{"},
                         {'}', "\\}"},
                         {'\n', " "}});
}

nlohmann::ordered_json json_value(const Value& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

}  // namespace

std::vector<bool> Table::numeric() const {
  std::vector<bool> found(columns.size(), !rows.empty());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (std::holds_alternative<std::string>(row.at(i))) found[i] = false;
    }
  }
  return found;
}

std::string Table::markdown() const {
  const Rows texts = texts_of(*this, "–", true, markdown_text);
  const std::vector<bool> right = numeric();
  std::vector<std::size_t> widths(columns.size(), 3);
  for (const auto& row : texts) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out = title.empty() ? "" : "### " + title + "\n\n";
  for (std::size_t line = 0; line < texts.size(); ++line) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out += (i == 0 ? "| " : " ") + padded(texts[line][i], widths[i], right[i]) + " |";
    }
    out += '\n';
    if (line > 0) continue;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out +=
          (i == 0 ? "| " : " ") + std::string(widths[i] - 1, '-') + (right[i] ? ":" : "-") + " |";
    }
    out += '\n';
  }
  for (const std::string& note : notes) out += "\n" + note + "\n";
  return out;
}

std::string Table::csv() const {
  std::string out;
  for (const auto& row : texts_of(*this, "", false, csv_text)) {
    out += fmt::format("{}\n", fmt::join(row, ","));
  }
  return out;
}

std::string csv_header(const Statement& rows) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.columns(); ++i) names.push_back(csv_text(rows.name(i)));
  return fmt::format("{}\n", fmt::join(names, ","));
}

std::string csv_line(const Statement& rows) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < rows.columns(); ++i) texts.push_back(csv_text(text_of(rows.value(i), "")));
  return fmt::format("{}\n", fmt::join(texts, ","));
}

std::string Table::latex() const {
  std::string alignment;
  for (const bool right : numeric()) alignment += right ? 'r' : 'l';
  std::string out = "\\begin{table}\n\\centering\n";
  if (!title.empty()) out += "\\caption{" + latex_text(title) + "}\n";
  out += "\\begin{tabular}{" + alignment + "}\n\\hline\n";
  const Rows texts = texts_of(*this, "--", true, latex_text);
  for (std::size_t line = 0; line < texts.size(); ++line) {
    out += fmt::format("{} \\\\\n", fmt::join(texts[line], " & "));
    if (line == 0) out += "\\hline\n";
  }
  out += "\\hline\n\\end{tabular}\n";
  for (const std::string& note : notes) out += "\\par " + latex_text(note) + "\n";
  return out + "\\end{table}\n";
}

std::string Table::json() const {
  nlohmann::ordered_json out = {{"title", title},
                                {"columns", nlohmann::json::array()},
                                {"rows", nlohmann::json::array()},
                                {"notes", notes}};
  for (const Column& column : columns) out["columns"].push_back(column.name);
  for (const auto& row : rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < columns.size(); ++i)
      object[columns[i].name] = json_value(row.at(i));
    out["rows"].push_back(std::move(object));
  }
  // A damaged store may hold bytes that are no UTF-8.
  return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string render(const Table& table, std::string_view format) {
  if (format == "markdown") return table.markdown();
  if (format == "csv") return table.csv();
  if (format == "latex") return table.latex();
  if (format == "json") return table.json();
  fail("unknown table format \"{}\"; known: markdown, csv, latex, json", format);
}

namespace {

/// The query as a reader may repeat it: the parameters written out.
std::string with_values(std::string_view sql, const std::vector<Value>& parameters) {
  std::string text(sql);
  for (std::size_t i = parameters.size(); i > 0; --i) {  // ?12 before ?1
    const std::string mark = fmt::format("?{}", i);
    const auto* word = std::get_if<std::string>(&parameters[i - 1]);
    const std::string value = word == nullptr ? text_of(parameters[i - 1], "NULL") : sql_text(*word);
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size()) {
      text.replace(at, mark.size(), value);
    }
  }
  return text + ";";
}

}  // namespace

Table query_table(Database& database, std::string_view sql, const std::vector<Value>& parameters,
                  int decimals) {
  Statement query = database.prepare(sql);
  int position = 0;
  for (const Value& value : parameters) query.set(++position, value);
  Table table;
  table.sql = with_values(sql, parameters);
  for (std::size_t i = 0; i < query.columns(); ++i) {
    table.columns.push_back({query.name(i), decimals});
  }
  while (query.step()) {
    table.rows.emplace_back();
    for (std::size_t i = 0; i < query.columns(); ++i) table.rows.back().push_back(query.value(i));
  }
  return table;
}

}  // namespace deepmine
