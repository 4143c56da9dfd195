#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/run/database.h"

namespace deepmine {

/// One cell of a paper's table; results/published/ holds them as CSV with these columns.
struct PublishedCell {
  std::string paper;  ///< "deep-mining", ...
  std::string tbl;    ///< "table1"
  std::string row;
  std::string col;
  std::string metric;
  std::optional<double> value;  ///< absent where the paper has none or it cannot be read
  std::string raw;              ///< as printed
  std::string note;
};

/// Reads CSV with a header and RFC 4180 quotes. Throws `Error` naming `name` and the line.
std::vector<PublishedCell> parse_published(std::string_view csv, std::string_view name);

/// The cells of every paper this program knows.
std::vector<PublishedCell> published_cells();

/// Makes the table `published` hold exactly these cells.
void load_published(Database& database, const std::vector<PublishedCell>& cells);

}  // namespace deepmine
