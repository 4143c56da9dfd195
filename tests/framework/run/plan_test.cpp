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
    PlannedRun run{std::string("run") + seed[0] + std::to_string(plan.runs.size()),
                   "deep-mining",
                   "quick",
                   std::stoull(seed),
                   {{"model", "m.npz"}},
                   {{"model", std::string(64, 'b')}},
                   "deepmine run",
                   {seed},
                   {}};
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
  CHECK_THAT(error_text([&] {
               share.check("other", {{"dataset", std::string(64, 'a')}, {"model", std::string(64, 'x')}});
             }),
             Contains("model: expected the one of the plan (sha256 bbbbbbbbbbbb)") &&
                 Contains("found another (xxxxxxxxxxxx)"));
  CHECK_THAT(error_text([&] {
               share.check("other", {{"dataset", std::string(64, 'a')}, {"model", std::string(64, 'b')}});
             }),
             Contains("expected run uid as planned") && Contains("give run other"));
  CHECK((share.has("unit") && !share.has("other") && Share().has("other")));
}

/// A plan's text with the first `from` replaced.
std::string changed(std::string plan, const std::string& from, const std::string& to) {
  const std::size_t place = plan.find(from);
  REQUIRE(place != std::string::npos);
  return plan.replace(place, from.size(), to);
}

std::string refusal(const std::string& text) {
  return error_text([&] { Plan::parse(text, "b.plan"); });
}

TEST_CASE("a plan that is cut off or damaged is refused with its line") {
  const TemporaryFolder folder;
  sample_plan().write(folder / "a.plan");
  const std::string whole = read_file(folder / "a.plan");
  for (std::size_t length = 0; length + 1 < whole.size(); length += 7) {
    CAPTURE(length);
    CHECK_THAT(refusal(whole.substr(0, length)), Contains("b.plan: line ") && Contains("plan anew"));
  }
  for (const auto& [from, to] : {std::pair<const char*, const char*>{"unit 3", "unit 4"},
                                 {"\"unit\":7", "\"unit\":8"},
                                 {"\"plan\":1", "\"plan\":2"},
                                 {"\"threads\":2", "\"threads\":0"},
                                 {"\"run\":1,\"name\"", "\"run\":9,\"name\""},
                                 {"\"seed\":\"1\"", "\"seed\":\"x\""},
                                 {"\"units\":20", "\"units\":-1"},
                                 {"{\"plan\"", "[\"plan\""}}) {
    CAPTURE(from);
    write_file(folder / "b.plan", changed(whole, from, to));
    CHECK_THAT(error_text([&] { Plan::read(folder / "b.plan"); }), Contains("b.plan: line ") && Contains("plan anew"));
  }
}

TEST_CASE("numbers of a plan that no plan has are refused by name") {
  const std::string whole = sample_plan().text();
  CHECK(Plan::parse(changed(whole, "\"threads\":2", "\"threads\":4096"), "b.plan").threads == 4096);
  for (const char* threads : {"4097", "4294967297", "18446744073709551617", "-1", "1.5", "true", "\"2\""}) {
    CAPTURE(threads);
    CHECK_THAT(refusal(changed(whole, "\"threads\":2", std::string("\"threads\":") + threads)),
               Contains("line 1: ") && Contains("threads: expected a whole number from 1 to 4096"));
  }
  for (const char* count : {"-1", "-18446744073709551614", "1e3", "36893488147419103234", "null"}) {
    CAPTURE(count);
    CHECK_THAT(refusal(changed(whole, "\"runs\":2", std::string("\"runs\":") + count)),
               Contains("runs: expected a whole number"));
    CHECK_THAT(refusal(changed(whole, "\"units\":20", std::string("\"units\":") + count)),
               Contains("units: expected a whole number"));
    CHECK_THAT(refusal(changed(whole, "\"memory\":1400000000", std::string("\"memory\":") + count)),
               Contains("memory: expected a whole"));
  }
  CHECK_THAT(refusal(changed(whole, "\"units\":20", "\"units\":18446744073709551615")), Contains("found 2 and 20"));
  for (const char* seed : {"-1", " 1", "+1", "01", "1x", "", "18446744073709551616"}) {
    CAPTURE(seed);
    CHECK_THAT(refusal(changed(whole, "\"seed\":\"1\"", std::string("\"seed\":\"") + seed + "\"")),
               Contains("line 2: ") && Contains("seed: expected"));
  }
}

TEST_CASE("a plan without runs, which has no table, is refused") {
  Plan plan = sample_plan();
  plan.runs.clear();
  CHECK_THAT(refusal(plan.text()), Contains("b.plan: line 1: ") && Contains("runs: expected a whole number from 1"));
}

TEST_CASE("a run or a unit twice is refused, and so are units in another order than their runs") {
  Plan plan = sample_plan();
  plan.runs[0].units[1] = plan.runs[0].units[0];
  CHECK_THAT(refusal(plan.text()), Contains("line 5: ") && Contains("unit \"unit 0\" twice"));
  plan = sample_plan();
  plan.runs[1].uid = plan.runs[0].uid;
  CHECK_THAT(refusal(plan.text()), Contains("line 3: ") && Contains("run \"run10\" twice"));
  const TemporaryFolder folder;
  CHECK_THAT(error_text([&] { plan.write(folder / "a.plan"); }),
             Contains("a.plan: expected runs that differ, found run run10 twice"));
  CHECK_FALSE(std::filesystem::exists(folder / "a.plan"));

  plan = sample_plan();
  for (PlannedRun& run : plan.runs) run.units.resize(1);
  std::string text = plan.text();
  const std::size_t first = text.find("{\"unit\":0"), second = text.find("{\"unit\":1");
  const std::string swapped = changed(text.substr(second), "\"unit\":1", "\"unit\":0") +
                              changed(text.substr(first, second - first), "\"unit\":0", "\"unit\":1");
  CHECK_THAT(refusal(text.substr(0, first) + swapped), Contains("line 5: ") && Contains("found unit 1 of run 0"));
}

TEST_CASE("what a plan would fill the memory with is refused before it is read or parsed") {
  const std::string whole = sample_plan().text();
  CHECK_THAT(refusal(whole + std::string((1 << 20) + 1, '[')),
             Contains("line 24: ") && Contains("longer than 1048576 bytes"));
  CHECK_THAT(refusal(whole + std::string(1 << 20, '[')), Contains("line 24: ") && Contains("no JSON object"));
  const TemporaryFolder folder;
  write_file(folder / "b.plan", whole);
  std::filesystem::resize_file(folder / "b.plan", std::uintmax_t{1} << 40);
  CHECK_THAT(error_text([&] { Plan::read(folder / "b.plan"); }),
             Contains("b.plan: expected a file of at most 268435456 bytes"));
}

TEST_CASE("signs that a terminal would obey are not shown as they are") {
  const std::string text = refusal(changed(sample_plan().text(), "unit 3", "a\\u001b[2J\\nb"));
  CHECK_THAT(text, Contains("expected the id of \"a\\x1b[2J\\nb\""));
}

}  // namespace
}  // namespace deepmine
