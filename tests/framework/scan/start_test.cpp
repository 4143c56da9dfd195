#include "framework/scan/start.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "tests/support/error_text.h"

using namespace deepmine;

TEST_CASE("each start scheme makes the starts it describes") {
  const auto make = [](StartScheme scheme) { return make_starts(scheme, 4, 3, 50, Seed(1)); };
  const auto paper = make(StartScheme::kPaper);
  REQUIRE(paper.size() == 4);
  for (const Start& start : paper) CHECK(start.axis == Axis::kNodes);

  const auto authors = make(StartScheme::kAuthors);
  REQUIRE(authors.size() == 4);
  CHECK(authors[0].axis == Axis::kInputs);
  CHECK(authors[0].selected == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(authors[1].axis == Axis::kNodes);
  CHECK(authors[1].selected.size() == 50);
  CHECK(authors[2].axis == Axis::kNodes);

  const auto all_nodes = make(StartScheme::kAllNodes);
  REQUIRE(all_nodes.size() == 1);
  CHECK(all_nodes[0].axis == Axis::kNodes);
  CHECK(all_nodes[0].selected.size() == 50);
  const auto all_inputs = make(StartScheme::kAllInputs);
  REQUIRE(all_inputs.size() == 1);
  CHECK(all_inputs[0].axis == Axis::kInputs);
  CHECK(all_inputs[0].selected.size() == 3);
}

TEST_CASE("one restart of the authors' scheme starts from all inputs") {
  const auto starts = make_starts(StartScheme::kAuthors, 1, 3, 50, Seed(1));
  REQUIRE(starts.size() == 1);
  CHECK(starts[0].axis == Axis::kInputs);
}

TEST_CASE("a random start selects different nodes in order and is never empty") {
  for (std::size_t nodes : {1U, 2U, 3U, 100U}) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const auto selected = Start::random_nodes(nodes, Seed(seed)).selected;
      REQUIRE_FALSE(selected.empty());
      CHECK(selected.back() < nodes);
      CHECK(std::adjacent_find(selected.begin(), selected.end(), std::greater_equal<>()) ==
            selected.end());
    }
  }
}

TEST_CASE("random starts have all sizes equally often and all nodes equally often") {
  const std::size_t nodes = 10;
  const int draws = 9000;
  std::vector<int> of_size(nodes, 0);
  std::vector<int> of_node(nodes, 0);
  for (int i = 0; i < draws; ++i) {
    const auto selected =
        Start::random_nodes(nodes, Seed(5).child(static_cast<std::uint64_t>(i))).selected;
    ++of_size[selected.size()];
    for (std::uint32_t node : selected) ++of_node[node];
  }
  CHECK(of_size[0] == 0);
  // Sizes 1 ... 9, 1000 each (sd 30); nodes: half of the draws each (sd below 50).
  for (std::size_t size = 1; size < nodes; ++size) CHECK(std::abs(of_size[size] - 1000) < 150);
  for (int count : of_node) CHECK(std::abs(count - 4500) < 250);
}

TEST_CASE("a random start depends on its seed and place, not on the number of restarts") {
  const auto few = make_starts(StartScheme::kPaper, 2, 3, 500, Seed(1));
  const auto many = make_starts(StartScheme::kPaper, 6, 3, 500, Seed(1));
  const auto others = make_starts(StartScheme::kPaper, 2, 3, 500, Seed(2));
  CHECK(few[0].selected == many[0].selected);
  CHECK(few[1].selected == many[1].selected);
  CHECK(few[0].selected != few[1].selected);
  CHECK(few[0].selected != others[0].selected);
}

TEST_CASE("no restarts are an error") {
  CHECK_THROWS_AS(make_starts(StartScheme::kPaper, 0, 3, 5, Seed(1)), Error);
}

TEST_CASE("start schemes are parsed from their own names") {
  CHECK(start_schemes().size() == 4);
  for (StartScheme scheme : start_schemes()) {
    CHECK(parse_start_scheme(start_scheme_name(scheme)) == scheme);
  }
  CHECK(error_text([] { parse_start_scheme("random"); }) ==
        "unknown start scheme \"random\"; known: paper, authors, all-nodes, all-inputs");
}
