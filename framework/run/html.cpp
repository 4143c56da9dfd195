#include "framework/run/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/run/embedded.h"

namespace deepmine {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool starts_with(const std::string& text, std::string_view start) { return text.rfind(start, 0) == 0; }

bool is_number(const Value& value) {
  return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
}

double number(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return real != nullptr ? *real : static_cast<double>(std::get<std::int64_t>(value));
}

/// The attributes by which a difference shows: the colour by its sign, its strength by its size.
std::string difference(const Table& table, const std::vector<Value>& row, std::size_t column) {
  if (column + 1 >= row.size() || !is_number(row[column]) || !is_number(row[column + 1])) return {};
  const std::string& beside = table.columns[column + 1].name;
  const bool papers =
      starts_with(beside, "paper") || starts_with(beside, "published") || starts_with(beside, "replicated");
  if (!papers) return {};
  const double by = number(row[column]) - number(row[column + 1]);
  return fmt::format(" style=\"--much:{:.2f}\" title=\"{:+.3f} against the paper\"", std::min(0.55, 1.5 * std::abs(by)),
                     by);
}

std::string cell(const Table& table, const std::vector<Value>& row, std::size_t column, bool numeric) {
  const std::string text = html_text(text_of(row[column], "–", table.columns[column].decimals));
  std::string classes = numeric ? "number" : text.size() > 40 ? "text" : "";
  if (text == "pass") classes = "pass";
  if (text == "FAIL") classes = "fail";
  const std::string colour = difference(table, row, column);
  if (!colour.empty()) classes += number(row[column]) < number(row[column + 1]) ? " lower" : " higher";
  std::string attributes = classes.empty() ? "" : fmt::format(" class=\"{}\"", classes);
  if (numeric && is_number(row[column])) attributes += fmt::format(" data-value=\"{}\"", number(row[column]));
  const std::string spoken = colour.empty() ? ""
                                            : fmt::format("<span class=\"spoken\"> {:+.3f} against the paper</span>",
                                                          number(row[column]) - number(row[column + 1]));
  return fmt::format("<td{}{}>{}{}</td>", attributes, colour, text, spoken);
}

std::string head(const Table& table, const std::vector<bool>& numeric) {
  std::string row;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    row += fmt::format("<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
                       numeric[i] ? " class=\"number\"" : "", html_text(table.columns[i].name));
  }
  return "<thead><tr>" + row + "</tr></thead>";
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&#39;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string html_table(const Table& table, const HtmlTable& how) {
  const std::vector<bool> numeric = table.numeric();
  std::string body;
  for (const auto& row : table.rows) {
    body += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) body += cell(table, row, i, numeric[i]);
    body += "</tr>\n";
  }
  std::string html =
      table.title.empty() ? "" : fmt::format("<h3 id=\"{}-title\">{}</h3>\n", how.id, html_text(table.title));
  if (how.filtered) {
    html += fmt::format(
        "<label>Filter <input type=\"search\" data-filters=\"{0}\" data-counts=\"{0}-count\" placeholder=\"words, all "
        "of which a row must hold\"></label> <span id=\"{0}-count\" role=\"status\"></span>\n",
        how.id);
  }
  html += fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table id=\"{}\" "
      "class=\"sortable\">{}<tbody>\n{}</tbody></table></div>\n",
      html_text(table.title.empty() ? how.id : table.title), how.id, head(table, numeric), body);
  for (const std::string& note : table.notes) html += "<p>" + html_text(note) + "</p>\n";
  if (!how.sql.empty()) {
    html += fmt::format(
        "<button type=\"button\" class=\"copy\" aria-label=\"copy the SQL of {2}\" data-from=\"{0}-sql\">copy the "
        "SQL</button><details><summary>the SQL</summary><code id=\"{0}-sql\">{1}</code></details>\n",
        how.id, html_text(how.sql), html_text(table.title));
  }
  return html;
}

std::string html_figure(std::string svg, const std::string& mark, const std::string& text) {
  const std::size_t begin = svg.find("<svg");
  svg.erase(0, begin == std::string::npos ? 0 : begin);
  // Ids are the page's, not the figure's: two figures of gnuplot have the same ones.
  svg = replaced(svg, " id='", " id='" + mark);
  svg = replaced(svg, " id=\"", " id=\"" + mark);
  svg = replaced(svg, "href='#", "href='#" + mark);
  svg = replaced(svg, "url(#", "url(#" + mark);
  svg = replaced(svg, "<title>deepmine</title>", "<title>" + html_text(text) + "</title>");
  if (starts_with(svg, "<svg")) svg.insert(4, " role=\"img\" aria-label=\"" + html_text(text) + "\"");
  return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", svg, html_text(text));
}

std::string html_page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n<link "
      "rel=\"icon\" "
      "href=\"data:,\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n{}\n<script>\n{}</script>\n</"
      "body>\n</html>\n",
      html_text(title), embedded_file("report/page.css"), body, embedded_file("report/page.js"));
}

}  // namespace deepmine
