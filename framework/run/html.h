#pragma once

#include <string>
#include <string_view>

#include "framework/run/table.h"

namespace deepmine {

/// Text as HTML shows it literally, in elements and in attributes.
std::string html_text(std::string_view text);

/// How a table stands in a page.
struct HtmlTable {
  std::string id;            ///< unique in the page
  std::string sql = {};      ///< the query behind it; a button copies it
  bool filtered = false;     ///< with a field that filters its rows
};

/// A table whose headers sort it. A number with the paper's beside it (a column "paper ..." or "published ..." to its
/// right) is coloured by the difference; `pass` and `FAIL` are marked.
std::string html_table(const Table& table, const HtmlTable& how);

/// An SVG file as an element of a page: no prologue, its ids marked with `mark`, `text` for who cannot see it.
std::string html_figure(std::string svg, const std::string& mark, const std::string& text);

/// A whole page from its body, with our styles and script inside; loads nothing.
std::string html_page(const std::string& title, const std::string& body);

}  // namespace deepmine
