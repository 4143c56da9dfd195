#include "framework/core/flat_json.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

using Catch::Contains;

TEST_CASE("An object of JSON gives its values as a user would type them") {
  const auto values = parse_flat_json(R"({"attack": "bim:steps=3", "replicates": 30, "clip": true, "rate": 0.5})", "x");
  const std::map<std::string, std::string> expected{
      {"attack", "bim:steps=3"}, {"replicates", "30"}, {"clip", "true"}, {"rate", "0.5"}};
  REQUIRE(values == expected);
  REQUIRE(parse_flat_json("{}", "x").empty());
}

TEST_CASE("What is no flat object of JSON is refused with its name") {
  const auto rejection = [](const std::string& text) { return error_text([&] { parse_flat_json(text, "a.json"); }); };
  for (const char* text : {"", "[1]", "3", "{", "{\"a\": 1e999}", "{\"a\": \"\xff\"}"}) {
    CAPTURE(text);
    REQUIRE_THAT(rejection(text), Contains("a.json: expected a JSON object"));
  }
  REQUIRE_THAT(rejection(R"({"key": [1]})"), Contains("a.json: key: expected a text") && Contains("found array"));
  REQUIRE_THAT(rejection(R"({"key": {"a": 1}})"), Contains("found object"));
  REQUIRE_THAT(rejection(R"({"key": null})"), Contains("found null"));
}

TEST_CASE("Brackets in brackets in brackets cost no stack") {
  constexpr std::size_t kDepth = 400'000;
  const std::string deep = "{\"key\": " + std::string(kDepth, '[') + std::string(kDepth, ']') + "}";
  REQUIRE_THAT(error_text([&] { parse_flat_json(deep, "a.json"); }), Contains("key: expected a text"));
}

}  // namespace
}  // namespace deepmine
