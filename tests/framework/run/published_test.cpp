#include "framework/run/published.h"

#include <catch2/catch.hpp>

#include "tests/framework/run/sample_run.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

constexpr const char* kHeader = "paper,tbl,row,col,metric,value,raw,note\n";

std::string cell_of(ResultStore& store, const std::string& row, const std::string& col,
                    const std::string& metric) {
  Table found = query_table(store.database(),
                            "SELECT value, raw FROM published WHERE paper = 'deep-mining' AND tbl ="
                            " 'table1' AND row = ?1 AND col = ?2 AND metric = ?3",
                            {row, col, metric});
  return found.csv().substr(std::string("value,raw\n").size());
}

TEST_CASE("Table 1 of deep-mining is in the store as printed") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  CHECK(store.database().integer("SELECT count(*) FROM published WHERE tbl = 'table1' AND paper ="
                                 " 'deep-mining'") == 66 + 55 + 55);
  CHECK(cell_of(store, "0", "individual", "auroc") == "0.856,0.856\n");
  CHECK(cell_of(store, "3", "10", "auroc") == "1,1.000\n");
  CHECK(cell_of(store, "8", "6", "precision") == "0.166,0.166\n");
  CHECK(cell_of(store, "4", "8", "precision") == "0.341,0341\n");
  CHECK(cell_of(store, "All", "12", "auroc") == "0.6044,0.6044\n");
  CHECK(cell_of(store, "All", "8", "recall") == ",0.4?4\n");
  CHECK(cell_of(store, "All", "individual", "auroc") == ",n/a\n");
}

TEST_CASE("loading the published cells again changes nothing") {
  const TemporaryFolder folder;
  ResultStore store = ResultStore::open(folder / "store.sqlite");
  const std::string before = rows_of(store, "SELECT * FROM published");
  load_published(store.database(), published_cells());
  CHECK(rows_of(store, "SELECT * FROM published") == before);
}

TEST_CASE("published cells may hold commas and quotes") {
  const auto cells = parse_published(
      std::string(kHeader) + "p,t,\"a, b\",c,m,,\"\",\"\"\"x\"\", y\"\r\np,t,2,c,m,1e-3,.001,\n",
      "f");
  REQUIRE(cells.size() == 2);
  CHECK(cells[0].row == "a, b");
  CHECK_FALSE(cells[0].value);
  CHECK(cells[0].raw.empty());
  CHECK(cells[0].note == "\"x\", y");
  CHECK(cells[1].value == 0.001);
  CHECK(cells[1].raw == ".001");
}

TEST_CASE("a faulty file of published cells is refused with its line") {
  CHECK_THAT(error_text([] { parse_published("a,b\n", "cells.csv"); }),
             Catch::Contains("cells.csv") && Catch::Contains("header"));
  CHECK_THAT(error_text([] { parse_published(std::string(kHeader) + "p,t,r\n", "cells.csv"); }),
             Catch::Contains("cells.csv line 2") && Catch::Contains("found 3"));
  CHECK_THAT(
      error_text([] { parse_published(std::string(kHeader) + "p,t,r,c,m,x,,\n", "cells.csv"); }),
      Catch::Contains("cells.csv line 2"));
}

}  // namespace
}  // namespace deepmine
