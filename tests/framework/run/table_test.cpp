#include "framework/run/table.h"

#include <catch2/catch.hpp>

#include "tests/framework/run/sample_run.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

Table sample_table() {
  Table table;
  table.title = "Detection power, 6 % & more";
  table.columns = {{"target"}, {"auroc", 3}, {"n"}, {"a_b"}};
  table.rows = {
      {std::string("0"), 0.8564999, std::int64_t{100}, std::string("x|y")},
      {std::string("mean 0–9"), std::monostate(), std::int64_t{7}, std::string("p, \"q\"")}};
  table.notes = {"100 test sets each"};
  return table;
}

TEST_CASE("a table as markdown") {
  CHECK(sample_table().markdown() == R"(### Detection power, 6 % & more

| target   | auroc |   n | a_b    |
| -------- | ----: | --: | ------ |
| 0        | 0.856 | 100 | x\|y   |
| mean 0–9 |     – |   7 | p, "q" |

100 test sets each
)");
}

TEST_CASE("a table as CSV") {
  CHECK(sample_table().csv() == R"(target,auroc,n,a_b
0,0.8564999,100,x|y
mean 0–9,,7,"p, ""q"""
)");
}

TEST_CASE("a table as LaTeX") {
  CHECK(sample_table().latex() == R"(\begin{table}
\centering
\caption{Detection power, 6 \% \& more}
\begin{tabular}{lrrl}
\hline
target & auroc & n & a\_b \\
\hline
0 & 0.856 & 100 & x|y \\
mean 0–9 & -- & 7 & p, "q" \\
\hline
\end{tabular}
\par 100 test sets each
\end{table}
)");
}

TEST_CASE("a table as JSON") {
  CHECK(sample_table().json() == R"({
  "title": "Detection power, 6 % & more",
  "columns": [
    "target",
    "auroc",
    "n",
    "a_b"
  ],
  "rows": [
    {
      "target": "0",
      "auroc": 0.8564999,
      "n": 100,
      "a_b": "x|y"
    },
    {
      "target": "mean 0–9",
      "auroc": null,
      "n": 7,
      "a_b": "p, \"q\""
    }
  ],
  "notes": [
    "100 test sets each"
  ]
}
)");
}

TEST_CASE("bytes that are no text become signs that say so in JSON") {
  Table table = sample_table();
  table.rows[0][0] = std::string("a\xff" "b");
  CHECK(table.json().find("\"a\uFFFDb\"") != std::string::npos);
}

TEST_CASE("formats go by name and an unknown one lists them") {
  CHECK(render(sample_table(), "csv") == sample_table().csv());
  CHECK(render(sample_table(), "json") == sample_table().json());
  CHECK_THAT(error_text([] { render(sample_table(), "html"); }),
             Catch::Contains("markdown, csv, latex, json"));
}

TEST_CASE("any query becomes a table") {
  const TemporaryFolder folder;
  Database database(folder / "a.sqlite");
  const Table table = query_table(database, "SELECT ?1 AS a, ?2 AS b UNION ALL SELECT 2, NULL",
                                  {std::int64_t{1}, 0.25}, 1);
  CHECK(table.markdown() == "|   a |   b |\n| --: | --: |\n|   1 | 0.2 |\n|   2 |   – |\n");
  CHECK(table.csv() == "a,b\n1,0.25\n2,\n");
}

}  // namespace
}  // namespace deepmine
