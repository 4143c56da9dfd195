#include "framework/core/spec.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

using Catch::Contains;

struct Options {
  double epsilon = 0.3;
  std::int64_t steps = 10;
  bool clip = true;
  std::string start = "paper";
  std::string file;

  void describe(Fields& fields) {
    fields.add(
        {"epsilon", &epsilon, "pixel units of [0,1]", "largest change", "eq. 3", {0, 1, true}});
    fields.add({"steps", &steps, "steps", "how often", "section 2", {1, 1000}});
    fields.add({"clip", &clip, "", "clip to [0,1]", "ours"});
    fields.add({"start", &start, "", "where to start", "ours", {}, {"paper", "random"}});
    fields.add({"file", &file, "", "weights", "ours"});
  }
};

Options options_of(const std::string& text) { return parse_options<Options>(Spec::parse(text)); }

std::string rejection(const std::string& text) {
  return error_text([&] { options_of(text); });
}

TEST_CASE("A spec's text is parsed and written again with its keys in order") {
  const Spec spec = Spec::parse("bim:steps=10,epsilon=0.02");
  REQUIRE(spec.name == "bim");
  REQUIRE(spec.values.at("epsilon") == "0.02");
  REQUIRE(spec.text() == "bim:epsilon=0.02,steps=10");
  REQUIRE(Spec::parse(spec.text()).values == spec.values);
  REQUIRE(Spec::parse("bim").text() == "bim");
  REQUIRE(Spec::parse("bim:").text() == "bim");
  REQUIRE(Spec::parse("net:weights=a=b.npz,x=").values.at("weights") == "a=b.npz");
  REQUIRE(Spec::parse("net:weights=c:/d.npz").values.at("weights") == "c:/d.npz");
}

TEST_CASE("A text that is no spec is refused") {
  const auto refused = [](const char* text) { return error_text([&] { Spec::parse(text); }); };
  REQUIRE_THAT(refused(""), Contains("name[:key=value,...]"));
  REQUIRE_THAT(refused(":a=1"), Contains("name[:key=value,...]"));
  REQUIRE_THAT(refused("bim:steps"), Contains("key=value") && Contains("\"steps\""));
  REQUIRE_THAT(refused("bim:=3"), Contains("key=value"));
  REQUIRE_THAT(refused("bim:a=1,,b=2"), Contains("key=value"));
  REQUIRE_THAT(refused("bim:a=1,a=2"), Contains("\"a\" is given twice"));
}

TEST_CASE("A value in brackets holds commas, and so specs with options of their own") {
  const Spec spec = Spec::parse("both:of=[a:x=1,y=2+b:z=[c:u=3,v=4],w=5],last=yes");
  REQUIRE(spec.values.size() == 2);
  REQUIRE(spec.values.at("of") == "[a:x=1,y=2+b:z=[c:u=3,v=4],w=5]");
  REQUIRE(spec.values.at("last") == "yes");
  REQUIRE(spec.text() == "both:last=yes,of=[a:x=1,y=2+b:z=[c:u=3,v=4],w=5]");
  REQUIRE(Spec::parse(spec.text()).values == spec.values);
  // Brackets elsewhere are characters like any other.
  REQUIRE(Spec::parse("net:weights=a[1.npz,size=8").values.at("weights") == "a[1.npz");
  REQUIRE(Spec::parse("net:weights=a]1.npz,size=8").values.at("weights") == "a]1.npz");
  REQUIRE(Spec::parse("net:weights=[1].npz,size=8").values.at("weights") == "[1].npz");
  REQUIRE_THAT(error_text([] { Spec::parse("both:of=[a:x=1+b,last=yes"); }),
               Contains("both: of: expected a ] for each [, found \"[a:x=1+b,last=yes\""));
}

TEST_CASE("A list of specs is split between specs, not within their options or numbers") {
  const auto texts = [](std::string_view list) {
    std::vector<std::string> result;
    for (const Spec& spec : parse_specs(list)) result.push_back(spec.text());
    return result;
  };
  using Texts = std::vector<std::string>;
  REQUIRE(texts("a+b:x=1,y=2+c") == Texts{"a", "b:x=1,y=2", "c"});
  REQUIRE(texts("[a:x=1,y=2+b]") == Texts{"a:x=1,y=2", "b"});
  REQUIRE(texts("a:x=1e+3,y=2e+05+b") == Texts{"a:x=1e+3,y=2e+05", "b"});
  REQUIRE(texts("both:of=[a:x=1+b]+c") == Texts{"both:of=[a:x=1+b]", "c"});
  REQUIRE(texts("[both:of=[a+b]+c]") == Texts{"both:of=[a+b]", "c"});
  REQUIRE(texts("").empty());
  REQUIRE(texts("[]").empty());
  REQUIRE_THAT(error_text([&] { texts("a+"); }), Contains("found none after \"a\""));
  REQUIRE_THAT(error_text([&] { texts("a++b"); }), Contains("name[:key=value,...]"));
  REQUIRE_THAT(error_text([&] { texts("+a"); }), Contains("name[:key=value,...]"));
}

TEST_CASE("Options settle what depends on others once all are read") {
  struct Sides {
    std::int64_t width = 4, height = 0;
    void describe(Fields& fields) {
      fields.add({"width", &width, "", "", ""});
      fields.add({"height", &height, "", "0: as the width", ""});
    }
    void settle() { height = height == 0 ? width : height; }
  };
  const auto canonical = [](const char* text) { return canonical_text("x", parse_options<Sides>(Spec::parse(text))); };
  REQUIRE(canonical("x:width=7") == "x:height=7,width=7");
  REQUIRE(canonical(canonical("x:width=7,height=2").c_str()) == "x:height=2,width=7");
}

TEST_CASE("The canonical text writes every option and normalises its value") {
  const auto canonical = [](const std::string& text) {
    return canonical_text("x", options_of(text));
  };
  REQUIRE(canonical("x") == "x:clip=true,epsilon=0.3,file=,start=paper,steps=10");
  REQUIRE(canonical("x:epsilon=2e-2,clip=no,steps=007") ==
          "x:clip=false,epsilon=0.02,file=,start=paper,steps=7");
  for (const char* text : {"x", "x:epsilon=0.30000000000000004", "x:epsilon=1e-300", "x:clip=0",
                           "x:file=a b.npz,start=random", "x:steps=1000"}) {
    CAPTURE(text);
    REQUIRE(canonical(canonical(text)) == canonical(text));
  }
  REQUIRE(options_of(canonical("x:epsilon=0.1234567890123456789")).epsilon ==
          0.1234567890123456789);
}

TEST_CASE("An unknown key is refused with the known ones") {
  REQUIRE_THAT(rejection("bim:eps=1"), Contains("bim") && Contains("\"eps\"") &&
                                           Contains("clip, epsilon, file, start, steps"));
  Fields none;
  REQUIRE_THAT(error_text([&] { none.assign({{"a", "1"}}, "plain"); }), Contains("it has none"));
}

TEST_CASE("A value of the wrong type, outside its range or choices is refused by its key") {
  REQUIRE_THAT(rejection("x:epsilon=big"),
               Contains("epsilon") && Contains("a number") && Contains("big"));
  REQUIRE_THAT(rejection("x:epsilon=0.1x"), Contains("0.1x"));
  REQUIRE_THAT(rejection("x:epsilon="), Contains("a number"));
  REQUIRE_THAT(rejection("x:epsilon=nan"), Contains("epsilon"));
  REQUIRE_THAT(rejection("x:epsilon=inf"), Contains("epsilon"));
  REQUIRE_THAT(rejection("x:epsilon=0"), Contains("(0, 1]"));
  REQUIRE_THAT(rejection("x:epsilon=1.01"), Contains("found 1.01"));
  REQUIRE(options_of("x:epsilon=1").epsilon == 1.0);
  REQUIRE_THAT(rejection("x:steps=2.5"), Contains("a whole number"));
  REQUIRE_THAT(rejection("x:steps=0"), Contains("[1, 1000]"));
  REQUIRE_THAT(rejection("x:steps=99999999999999999999"), Contains("steps"));
  REQUIRE_THAT(rejection("x:clip=maybe"), Contains("true or false"));
  REQUIRE_THAT(rejection("x:start=end"), Contains("paper, random") && Contains("\"end\""));
}

TEST_CASE("A field says its type, value and documentation") {
  Options options;
  Fields fields;
  options.describe(fields);
  const auto type = [&](std::size_t i) { return fields.list().at(i).type(); };
  REQUIRE(type(0) == "number in (0, 1]");
  REQUIRE(type(1) == "whole number in [1, 1000]");
  REQUIRE(type(2) == "true|false");
  REQUIRE(type(3) == "paper|random");
  REQUIRE(type(4) == "text");
  REQUIRE(fields.list().at(0).value() == "0.3");
  REQUIRE(fields.list().at(0).unit == "pixel units of [0,1]");
  fields.list().at(0).assign("0.5");
  REQUIRE(options.epsilon == 0.5);
  REQUIRE(fields.values().at("epsilon") == "0.5");
}

TEST_CASE("Numbers are read whole or not at all") {
  REQUIRE(parse_real("-1.5e3", "x") == -1500.0);
  REQUIRE(parse_integer("-7", "x") == -7);
  for (const char* text : {"", " 1", "1 ", "1,5", "0x1", "one"}) {
    CAPTURE(text);
    REQUIRE_THAT(error_text([&] { parse_real(text, "x"); }), Contains("x: expected"));
    REQUIRE_THAT(error_text([&] { parse_integer(text, "x"); }), Contains("x: expected"));
  }
}

TEST_CASE("Real numbers may be fractions, which the canonical text writes as decimals") {
  REQUIRE(parse_real("8/255", "x") == 8.0 / 255);
  REQUIRE(parse_real("-0.5/2", "x") == -0.25);
  for (const char* text : {"1/0", "0/0", "1/2/3", "/2", "1/", "1 / 2", "1/inf", "nan/1"}) {
    CAPTURE(text);
    REQUIRE_THAT(error_text([&] { parse_real(text, "x"); }), Contains("x: expected"));
    REQUIRE_THAT(error_text([&] { parse_integer("4/2", "x"); }), Contains("x: expected a whole number"));
  }
  double epsilon = 0;
  Fields fields;
  fields.add({"epsilon", &epsilon, "", "largest change", "a test", {0, 1}});
  fields.assign({{"epsilon", "8/255"}}, "attack");
  REQUIRE(fields.values().at("epsilon") == "0.03137254901960784");
  REQUIRE_THAT(error_text([&] { fields.assign({{"epsilon", "8/2"}}, "attack"); }), Contains("in [0, 1], found 8/2"));
}

}  // namespace
}  // namespace deepmine
