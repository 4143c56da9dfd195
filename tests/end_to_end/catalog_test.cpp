#include "tests/end_to_end/program.h"

using namespace deepmine;

namespace {

TEST_CASE("Everything that list names, describe describes") {
  const Json all = json_of(deepmine_run({"list", "--json"}));
  REQUIRE(all.size() == 6);
  std::vector<Words> programs;
  std::vector<std::string> names;
  for (const auto& [kind, things] : all.items()) {
    CAPTURE(kind);
    CHECK_FALSE(things.empty());
    for (const Json& thing : things) {
      CHECK_FALSE(thing["title"].get<std::string>().empty());
      names.push_back(thing["name"]);
      programs.push_back({"describe", kind, names.back(), "--json"});
    }
  }
  const std::vector<Finished> finished = deepmine_all(programs);
  for (std::size_t i = 0; i < finished.size(); ++i) {
    CAPTURE(names[i]);
    const Json described = json_of(finished[i]);
    CHECK(described["name"] == names[i]);
    for (const Json& parameter : described["parameters"]) {
      CAPTURE(parameter);
      for (const char* key : {"name", "type", "default", "unit", "source"}) {
        CHECK(parameter.contains(key));
      }
      CHECK_FALSE(parameter["source"].get<std::string>().empty());
    }
  }
}

TEST_CASE("list prints one line for each thing, grouped when no kind is named") {
  const std::vector<Finished> finished = deepmine_all({{"list", "statistics"},
                                                       {"list"},
                                                       {"list", "statistics", "--json"},
                                                       {"describe", "bim"},
                                                       {"describe", "bim", "--json"}});
  CHECK(std::count(finished[0].out.begin(), finished[0].out.end(), '\n') == 3);
  CHECK(finished[0].out.rfind("berk-jones", 0) == 0);
  CHECK(finished[1].out.find("statistics\n  berk-jones") != std::string::npos);
  CHECK(json_of(finished[2])["statistics"].size() == 3);
  CHECK(finished[3].out.find("epsilon = 0.3") != std::string::npos);
  CHECK(finished[3].out.find("source: CleverHans 2.1") != std::string::npos);
  const Json bim = json_of(finished[4]);
  CHECK(bim["kind"] == "attack");
  CHECK(bim["parameters"][0]["name"] == "epsilon");
  CHECK(bim["parameters"][0]["default"] == 0.3);
}

TEST_CASE("Help and version are results") {
  const std::vector<Finished> finished = deepmine_all(
      {{}, {"--help"}, {"scan", "--help"}, {"help", "scan"}, {"--version"}, {"list", "--version"}});
  for (const Finished& one : finished) {
    CHECK(one.code == 0);
    CHECK(one.err.empty());
  }
  CHECK(finished[0].out == finished[1].out);
  CHECK(finished[1].out.find("  scan ") != std::string::npos);
  for (const char* option : {"--p-values", "--alpha-max", "--restarts", "--truth", "--store",
                             "--data", "--seed", "--threads", "--quiet"}) {
    CHECK(finished[2].out.find(option) != std::string::npos);
  }
  CHECK(finished[2].out == finished[3].out);
  CHECK(finished[4].out.rfind("deepmine 0.", 0) == 0);
  CHECK(finished[4].out == finished[5].out);
}

TEST_CASE("Results that nobody can read are an error") {
  for (const auto& [out, why] : {std::pair{Stdout::kClosed, "Bad file descriptor"},
                                 {Stdout::kBrokenPipe, "Broken pipe; its reader has ended"},
                                 {Stdout::kFull, "No space left on device; free some space on the disk"}}) {
    const Finished finished = deepmine_run({"list"}, out);
    CHECK(finished.code == 2);
    CHECK(finished.err.find(std::string("cannot write to standard output: ") + why) != std::string::npos);
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  }
}

TEST_CASE("Results that a file may not hold are an error, not the end without a word") {
  const TemporaryFolder folder;
  const std::string file = (folder / "list.txt").string();
  const Finished finished =
      Process({"/bin/bash", "-c", "ulimit -f 1 && exec \"$0\" list --json > \"$1\"", DEEPMINE_BINARY, file}).wait();
  CHECK(finished.code == 2);
  CHECK(finished.err.find(
            "cannot write to standard output: File too large; raise the limit on the size of files (ulimit -f)") !=
        std::string::npos);
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
}

}  // namespace
