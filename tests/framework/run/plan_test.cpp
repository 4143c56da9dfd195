#include "framework/run/plan.h"

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

Plan sample_plan() {
  Plan plan;
  plan.code_version = std::string(64, 'c');
  plan.threads = 2;
  plan.memory = 1'400'000'000;
  plan.store = "/a folder/s.sqlite";
  plan.artifacts = "/artifacts";
  plan.shards = "/shards";
  plan.swept = {"seed"};
  for (const char* seed : {"1", "18446744073709551615"}) {
    PlannedRun run{std::string("run") + seed[0] + std::to_string(plan.runs.size()), "deep-mining", "quick", std::stoull(seed),
                   {{"model", "m.npz"}}, {{"model", std::string(64, 'b')}}, "deepmine run", {seed}, {}};
    for (int i = 0; i < 10; ++i) run.units.push_back("unit " + std::to_string(i));
    plan.runs.push_back(run);
  }
  return plan;
}

TEST_CASE("a plan is read as it was written, byte for byte") {
  const TemporaryFolder folder;
  sample_plan().write(folder / "a.plan");
  const Plan plan = Plan::read(folder / "a.plan");
  CHECK(plan.n_units() == 20);
  CHECK(plan.runs.at(1).seed == 18446744073709551615u);
  CHECK(plan.runs.at(1).units == sample_plan().runs.at(1).units);
  plan.write(folder / "b.plan");
  CHECK(read_file(folder / "a.plan") == read_file(folder / "b.plan"));
}

TEST_CASE("workers have all units among them, each once, about equally many") {
  const Plan plan = sample_plan();
  for (const std::size_t of : {1, 2, 3, 7, 16, 100}) {
    std::multiset<std::string> all;
    for (std::size_t index = 0; index < of; ++index) {
      std::size_t mine = 0;
      for (std::size_t run = 0; run < plan.runs.size(); ++run) {
        for (const std::string& unit : plan.units(run, index, of)) all.insert(plan.runs[run].uid + unit);
        mine += plan.units(run, index, of).size();
      }
      CHECK(mine >= plan.n_units() / of);
      CHECK(mine <= plan.n_units() / of + 1);
    }
    CHECK(all.size() == 20);
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == 20);
  }
}

TEST_CASE("ids are of a run and a unit, and do not change") {
  CHECK(unit_id("2a410a1212764515", "attack / 0") == sha256("2a410a1212764515\nattack / 0").substr(0, 12));
  CHECK(unit_id("a", "b") != unit_id("b", "a"));
}

TEST_CASE("a share says what differs from the plan") {
  const Share share("uid", {{"dataset", std::string(64, 'a')}, {"model", std::string(64, 'b')}}, {"unit"});
  share.check("uid", {});
  Share().check("any", {});
  CHECK_THAT(error_text([&] { share.check("other", {{"dataset", std::string(64, 'a')}, {"model", std::string(64, 'x')}}); }),
             Contains("model: expected the one of the plan (sha256 bbbbbbbbbbbb)") && Contains("found another (xxxxxxxxxxxx)"));
  CHECK_THAT(error_text([&] { share.check("other", {{"dataset", std::string(64, 'a')}, {"model", std::string(64, 'b')}}); }),
             Contains("expected run uid as planned") && Contains("give run other"));
  CHECK((share.has("unit") && !share.has("other") && Share().has("other")));
}

TEST_CASE("a plan that is cut off or damaged is refused with its line") {
  const TemporaryFolder folder;
  sample_plan().write(folder / "a.plan");
  const std::string whole = read_file(folder / "a.plan");
  const auto refusal = [&](const std::string& content) {
    write_file(folder / "b.plan", content);
    return error_text([&] { Plan::read(folder / "b.plan"); });
  };
  for (std::size_t length = 0; length + 1 < whole.size(); length += 7) {
    CAPTURE(length);
    CHECK_THAT(refusal(whole.substr(0, length)), Contains("b.plan: line ") && Contains("plan anew"));
  }
  for (const auto& [from, to] : {std::pair<const char*, const char*>{"unit 3", "unit 4"}, {"\"unit\":7", "\"unit\":8"}, {"\"plan\":1", "\"plan\":2"},
                                 {"\"threads\":2", "\"threads\":0"}, {"\"run\":1,\"name\"", "\"run\":9,\"name\""}, {"\"seed\":\"1\"", "\"seed\":\"x\""},
                                 {"\"units\":20", "\"units\":-1"}, {"{\"plan\"", "[\"plan\""}}) {
    std::string changed = whole;
    CAPTURE(from);
    REQUIRE(changed.find(from) != std::string::npos);
    changed.replace(changed.find(from), std::string(from).size(), to);
    CHECK_THAT(refusal(changed), Contains("b.plan: line ") && Contains("plan anew"));
  }
}

}  // namespace
}  // namespace deepmine
