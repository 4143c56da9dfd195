#include "framework/run/run_key.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/framework/run/sample_run.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

TEST_CASE("the canonical text of a run's key is one line of JSON") {
  RunKey key;
  key.experiment = "deep-mining";
  key.profile = "quick";
  key.parameters = {{"b", "2"}, {"a", "1"}};
  key.seed = 7;
  key.inputs = {{"model", "ff"}};
  key.code_version = "cc";
  CHECK(key.canonical_text() ==
        R"({"code_version":"cc","experiment":"deep-mining","inputs":{"model":"ff"},)"
        R"("parameters":{"a":"1","b":"2"},"profile":"quick","seed":7})");
  CHECK(key.uid() == "aa038b8d4a2064d6");
}

TEST_CASE("equal keys have one uid and any change gives another") {
  std::set<std::string> uids = {sample_key().uid(), sample_key().uid()};
  REQUIRE(uids.size() == 1);
  CHECK(uids.begin()->size() == 16);
  std::vector<RunKey> changed(9, sample_key());
  changed[0].experiment = "autoencoder-scan";
  changed[1].profile = "paper";
  changed[2].parameters["alpha_max"] = "0.4";
  changed[3].parameters["extra"] = "";
  changed[4].seed = 1;
  changed[5].inputs["model"] = std::string(64, 'd');
  changed[6].code_version = std::string(64, 'd');
  changed[7].parameters = {{"alpha_max", "0.5\",\"restarts\":\"5"}};  // no forging of keys
  std::swap(changed[8].inputs["model"], changed[8].inputs["dataset"]);
  for (const RunKey& key : changed) uids.insert(key.uid());
  CHECK(uids.size() == 1 + changed.size());
}

TEST_CASE("parameters that are not UTF-8 are refused") {
  RunKey key = sample_key();
  key.parameters["name"] = "\xff";
  CHECK_THAT(error_text([&] { key.uid(); }), Catch::Contains("UTF-8"));
}

}  // namespace
}  // namespace deepmine
