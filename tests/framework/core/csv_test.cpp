#include "framework/core/csv.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

using Catch::Contains;

std::vector<double> values_of(const std::string& text) {
  return std::get<std::vector<double>>(parse_csv(text, "x.csv").values);
}

std::string rejection(const std::string& text) {
  return error_text([&] { parse_csv(text, "x.csv"); });
}

TEST_CASE("Rows of numbers become a float64 array") {
  const Array array = parse_csv("1,2.5,-3e-2\n4,5,6\n", "x.csv");
  REQUIRE(array.shape == std::vector<std::size_t>{2, 3});
  REQUIRE(values_as<double>(array, "x") == std::vector<double>{1, 2.5, -0.03, 4, 5, 6});
}

TEST_CASE("Line ends, blanks, a byte order mark and blank last lines do not matter") {
  const std::vector<double> expected{1, 2, 3, 4};
  REQUIRE(values_of("1,2\n3,4") == expected);
  REQUIRE(values_of("1,2\r\n3,4\r\n") == expected);
  REQUIRE(values_of("1,2\n3,4\n\n \r\n\n") == expected);
  REQUIRE(values_of(" 1 ,\t2\n+3, 4 \n") == expected);
  REQUIRE(values_of("\xef\xbb\xbf"
                    "1,2\n3,4\n") == expected);
}

TEST_CASE("NaN and infinity are kept as values") {
  const std::vector<double> values = values_of("nan,NaN,-inf\n");
  REQUIRE(std::isnan(values[0]));
  REQUIRE(std::isnan(values[1]));
  REQUIRE(values[2] == -std::numeric_limits<double>::infinity());
}

TEST_CASE("Text that is no matrix of numbers is refused with its line") {
  REQUIRE_THAT(rejection("1,2\n3\n"),
               Contains("x.csv: line 2: expected 2 numbers") && Contains("found 1"));
  REQUIRE_THAT(rejection("1,2\n3,4,5\n"), Contains("line 2") && Contains("found 3"));
  REQUIRE_THAT(rejection("a,b\n1,2\n"),
               Contains("line 1") && Contains("no header") && Contains("\"a\""));
  REQUIRE_THAT(rejection("1,2\n\n3,4\n"), Contains("line 2"));
  REQUIRE_THAT(rejection("1,,2\n"), Contains("found \"\""));
  REQUIRE_THAT(rejection("1,2,\n"), Contains("found \"\""));
  REQUIRE_THAT(rejection("1;2\n"), Contains("\"1;2\""));
  REQUIRE_THAT(rejection("1 2\n"), Contains("\"1 2\""));
  REQUIRE_THAT(rejection("0x10\n"), Contains("0x10"));
  REQUIRE_THAT(rejection("+-1\n"), Contains("+-1"));
  REQUIRE_THAT(rejection("1e999\n"), Contains("float64"));
  REQUIRE_THAT(rejection(std::string("1\0,2\n", 5)), Contains("line 1"));
  REQUIRE_THAT(rejection(std::string(100'000, 'x')),
               Contains("xxx") && !Contains(std::string(50, 'x')));
}

TEST_CASE("An empty text is refused") {
  for (const char* text : {"", "\n", " \r\n\n", "\xef\xbb\xbf"}) {
    REQUIRE_THAT(rejection(text), Contains("empty file"));
  }
}

TEST_CASE("A text reads back to the numbers it was written from") {
  const std::vector<double> doubles{0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 1e-300};
  REQUIRE(values_of(format_csv({{3, 2}, doubles}, "x.csv")) == doubles);
  const Array floats{{1, 2}, std::vector<float>{0.1F, 1e-45F}};
  REQUIRE(values_of(format_csv(floats, "x.csv")) == values_as<double>(floats, "x"));
  REQUIRE(format_csv({{2, 2}, std::vector<std::uint8_t>{0, 1, 2, 255}}, "x.csv") == "0,1\n2,255\n");
  REQUIRE(format_csv({{2}, std::vector<std::int64_t>{-7, 3}}, "x.csv") == "-7\n3\n");
}

TEST_CASE("What csv cannot hold is refused when it is written") {
  REQUIRE_THAT(error_text([] {
                 format_csv({{1, 1, 1}, std::vector<float>{1}}, "x.csv");
               }),
               Contains("x.csv") && Contains("[1, 1, 1] float32") && Contains(".npy"));
  REQUIRE_THAT(error_text([] {
                 format_csv({{0, 3}, std::vector<float>{}}, "x.csv");
               }),
               Contains("[0, 3]"));
}

}  // namespace
}  // namespace deepmine
