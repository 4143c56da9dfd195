// Names of columns and rows as numpy, pandas and R write them, other separators, and numbers that float64 does not
// hold.
#include <catch2/catch.hpp>

#include "framework/core/csv.h"
#include "tests/support/error_text.h"

namespace deepmine {
namespace {

using Catch::Contains;

constexpr CsvLayout kHeader{true, false}, kIndex{false, true}, kBoth{true, true};

std::string rejection(const std::string& text, const CsvLayout& layout = {}) {
  return error_text([&] { parse_csv(text, "x.csv", layout); });
}

std::vector<double> values_of(const std::string& text, const CsvLayout& layout = {}) {
  return std::get<std::vector<double>>(parse_csv(text, "x.csv", layout).values);
}

TEST_CASE("A first line that counts the columns over fractions is a header") {
  for (const char* text : {"0,1,2\n0.5,0.2,0.1\n", "1,2,3\n0.5,0.2,0.1\n", "5,6,7,8\n0,0,0,0\n1,0,0,0.25\n",
                           "0,1\n0.5,0.25\n", "1,2\n0.5,0.25\n", "0,1,2\n4.0,3.0,1.0\n", "0.0,1.0,2.0\n0.5,0,0\n",
                           "0,1,2\n1e-3,2,3\n", "0,1,2\r\n0.5,0.2,0.1\r\n"}) {
    CAPTURE(text);
    CHECK_THAT(rejection(text), Contains("x.csv: line 1: expected numbers like those below it") &&
                                    Contains("give --skip-header") && Contains(".npy"));
  }
  CHECK_THAT(rejection("0,1,2\n0.5,0.2,0.1\n"), Contains("found 0, 1, ..."));
  CHECK(values_of("0,1,2\n0.5,0.2,0.1\n", kHeader) == std::vector<double>{.5, .2, .1});
  CHECK(values_of("0,1,2\n0.5,0.2,0.1\n0,1,2\n", kHeader).size() == 6);
}

TEST_CASE("A first column that counts the rows beside fractions is an index") {
  for (const char* text : {"0,0.5\n1,0.25\n", "1,0.5,0.1\n2,0.0,0.25\n", "0,0,0\n1,0.5,0\n2,0,0\n",
                           "100,0.5\n101,1\n102,0\n", "0.0,0.5\n1.0,0.2\n2.0,0.7\n", "0,3.0\n1,5.0\n2,1.0\n"}) {
    CAPTURE(text);
    CHECK_THAT(rejection(text),
               Contains("x.csv: column 1: expected numbers like those beside it") && Contains("give --index-column"));
  }
  CHECK(values_of("0,0.5\n1,0.25\n", kIndex) == std::vector<double>{.5, .25});
  CHECK(values_of("7,0.5\n3,0.25\n", kIndex) == std::vector<double>{.5, .25});  // of rows in another order
  CHECK_THAT(rejection("0,1,2\n0,0.5,0.2\n1,0.1,0.3\n2,0.2,0.2\n", kHeader),
             Contains("from line 2 on") && Contains("give --index-column"));
}

TEST_CASE("Whole numbers that may be data are data") {
  for (const char* text :
       {"0,1,2\n3,4,5\n", "0,1,2\n0,0,0\n7,7,7\n", "0,1,2\n", "0\n1\n2\n", "0\n0.5\n0.25\n", "1\n0.5\n", "0,0.5,0.2\n",
        "0,1\n1,0\n0.3,0.7\n", "0,7\n1,3\n2,1\n", "0,2,1\n0.5,0.2,0.1\n", "0,0.5\n2,0.25\n1,0.1\n", "1,0.5\n0,0.5\n",
        "0,1,3\n0.5,0.2,0.1\n", "3,0.5\n4,0.5\n", "0,1,2\n3,4,nan\n", "1,2\n3,0.1\n", "1,0.5\n2,0\n"}) {
    CAPTURE(text);
    CHECK_FALSE(values_of(text).empty());
  }
}

TEST_CASE("Names of columns and rows are refused with the options that leave them out") {
  const auto gives = [](const std::string& text, const std::string& options, const CsvLayout& layout = {}) {
    CAPTURE(text, options);
    const std::string found = rejection(text, layout);
    CHECK_THAT(found, Contains("x.csv: line ") && Catch::EndsWith("give " + options));
  };
  gives("a,b\n1,2\n", "--skip-header");
  gives("\"a\",\"b,c\"\n1,2\n", "--skip-header");
  gives("# 0 1 2\n1,2\n", "--skip-header");
  gives("node\n0.5\n", "--skip-header");
  gives(",0,1,2\n0,0.5,0.2,0.1\n", "--skip-header --index-column");              // pandas
  gives("\"\",\"V1\",\"V2\"\n\"1\",0.5,0.2\n", "--skip-header --index-column");  // R's write.csv
  gives("\"V1\",\"V2\"\n\"1\",0.5,0.2\n", "--skip-header --index-column");       // R's write.table
  gives("id,0,1\nimage 1,0.5,0.2\n", "--skip-header --index-column");
  gives("id,0\n0,0.2\n", "--skip-header --index-column");
  gives("image 1,0.5,0.2\nimage 2,0.5,0.2\n", "--index-column");
  gives("image 1,5\nimage 2,3\n", "--index-column");
  gives("image 1,3,1,4\nimage 2,3,1,4\n", "--index-column");
  gives("a,b\n\"1\",2\n", "--index-column", kHeader);
  gives("\"\",\"V1\"\n\"1\",0.5\n", "--skip-header", kIndex);
  gives(",0,1\n0,0.5,0.25\n", "--skip-header, or save the file as .npy if they are data", kIndex);
  CHECK_THAT(rejection("0,1,2\n0,0.5,0.2,0.1\n"),
             Contains("line 2: expected 3 numbers") && Contains("--skip-header --index-column"));
  CHECK_THAT(rejection("1,2\n3,4\n5,6,7\n"), Contains("line 3") && !Contains("--"));
}

TEST_CASE("Named columns and rows are left out") {
  const std::vector<double> expected{.5, .2, .1, .7};
  for (const char* text : {",0,1\n0,0.5,0.2\n1,0.1,0.7\n", "\"\",\"V1\",\"V2\"\n\"1\",0.5,0.2\n\"2\",0.1,0.7\n",
                           "\"V1\",\"V2\"\n\"1\",0.5,0.2\n\"2\",0.1,0.7\n",
                           "\xef\xbb\xbfid,a,b\r\n\"a, the \"\"first\"\"\",0.5,0.2\r\nb,0.1,0.7\r\n"}) {
    CAPTURE(text);
    CHECK(parse_csv(text, "x", kBoth).shape == std::vector<std::size_t>{2, 2});
    CHECK(values_of(text, kBoth) == expected);
  }
  CHECK(values_of("a,b\n0.5,0.2\n0.1,0.7\n", kHeader) == expected);
  CHECK(values_of("0.5,a\n0.5,0.2\n0.1,0.7\n", kHeader) == expected);
}

TEST_CASE("Options that would leave out numbers are refused") {
  CHECK_THAT(rejection("0.5,0.2\n0.1,0.7\n", kHeader),
             Contains("line 1: expected names of columns as --skip-header says") && Contains("leave the option out"));
  CHECK_THAT(rejection("a,b\n0.5,0.2\n", kBoth),
             Contains("line 2: expected the name of a row as --index-column says") && Contains("\"0.5\""));
  CHECK_THAT(rejection("a\n1\n", kBoth), Contains("expected numbers after the name of the row"));
  CHECK_THAT(rejection("a,b\n", kHeader), Contains("at least one row"));
}

TEST_CASE("Other separators and decimal commas are told in the line that has them") {
  for (const auto& [text, separator] : {std::pair{"1;2\n", "semicolons"},
                                        {"a;b\n1;2\n", "semicolons"},
                                        {"\"\";\"V1\"\n", "semicolons"},
                                        {"1\t2\n", "tabs"},
                                        {"a\tb\n", "tabs"},
                                        {"0.1 0.2 0.3\n", "blanks"}}) {
    CAPTURE(text);
    CHECK_THAT(rejection(text), Contains("line 1: expected numbers separated by commas") &&
                                    Contains("found " + std::string(separator)) && !Contains("decimal") &&
                                    !Contains("--"));
  }
  for (const char* text : {"0,5;1,5\n", "0,5\t1,5\n", "0,5 1,5\n"})
    CHECK_THAT(rejection(text), Contains("and decimal commas in"));
  CHECK_THAT(rejection("\"0,5\",\"1,5\"\n"), Contains("decimal comma in"));
  CHECK_THAT(rejection("1,2\n3;4\n"), Contains("line 2") && Contains("semicolons"));
}

TEST_CASE("Missing values are told, not taken for names") {
  for (const char* text : {"1,,2\n", "1,2\nNA,3\n", "0.5,NA\n", "1,2,\n", ",0.5,0.2\n", "1,2\n\n3,4\n"}) {
    CAPTURE(text);
    CHECK_THAT(rejection(text), Contains("expected a number in every cell") && !Contains("--"));
  }
}

TEST_CASE("Whole numbers that float64 does not hold are refused, the others are read") {
  for (const char* text : {"9007199254740993\n", "-9007199254740993\n", "1,2\n3,9223372036854775807\n",
                           "9007199254740993.0\n", "+9007199254740993\n"}) {
    CAPTURE(text);
    CHECK_THAT(rejection(text), Contains("expected whole numbers that float64 holds") && Contains("int64 .npy"));
  }
  CHECK(
      values_of(
          "9007199254740992,9007199254740994,-00009007199254740994.00,9.007199254740993e15,100000000000000000000\n") ==
      std::vector<double>{0x1p53, 0x1p53 + 2, -0x1p53 - 2, 0x1p53, 1e20});
}

TEST_CASE("A file of one axis has names where it has more lines or cells than numbers are wanted") {
  const auto labels = [](const std::string& text, bool header, bool index) {
    return parse_csv(text, "x", {header, index, 3}).shape;
  };
  const std::vector<std::size_t> column{3, 1}, row{1, 3};
  CHECK(labels("7\n1\n2\n", true, true) == column);
  CHECK(labels("0\n7\n1\n2\n", true, true) == column);
  CHECK(labels("0,7\n1,1\n2,2\n", false, true) == column);
  CHECK(labels(",label\n0,7\n1,1\n2,2\n", true, true) == column);
  CHECK(labels("7,1,2\n", true, true) == row);
  CHECK(labels("a,b,c\n7,1,2\n", true, false) == row);
}

}  // namespace
}  // namespace deepmine
