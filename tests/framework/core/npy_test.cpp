#include <catch2/catch.hpp>
#include <limits>

#include "framework/core/array.h"
#include "framework/core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

/// An .npy file with any header and values.
std::string npy(const std::string& dictionary, const std::string& values, char version = 1) {
  const std::string header = dictionary + "\n";
  std::string bytes = "\x93NUMPY";
  bytes += {version, '\0', static_cast<char>(header.size()), '\0'};
  if (version > 1) bytes += {'\0', '\0'};
  return bytes + header + values;
}

std::string rejection(const std::string& bytes) {
  return error_text([&] { parse_npy(bytes, "x.npy"); });
}

const std::string kThreeBytes = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }";
const std::string kAbc = "abc";

template <typename T>
void require_round_trip(std::vector<std::size_t> shape, std::vector<T> values) {
  const Array array{shape, values};
  const std::string bytes = format_npy(array);
  const Array again = parse_npy(bytes, "x.npy");
  REQUIRE(again.shape == shape);
  REQUIRE(std::get<std::vector<T>>(again.values) == values);
  REQUIRE(format_npy(again) == bytes);
}

TEST_CASE("An array of each type survives the npy format") {
  require_round_trip<float>({2, 2}, {0.1F, -0.0F, std::numeric_limits<float>::infinity(), 1e-45F});
  require_round_trip<double>({1, 1, 3}, {0.1, -1e308, 5e-324});
  require_round_trip<std::uint8_t>({4}, {0, 1, 128, 255});
  require_round_trip<std::int64_t>(
      {2}, {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()});
}

TEST_CASE("Arrays without entries and single numbers survive the npy format") {
  require_round_trip<float>({0}, {});
  require_round_trip<double>({0, 7}, {});
  require_round_trip<std::uint8_t>({7, 0, 3}, {});
  require_round_trip<std::int64_t>({}, {42});
}

TEST_CASE("An npy file has the bytes numpy writes") {
  const std::string bytes = format_npy({{2, 3}, std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}});
  const std::string dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";
  const std::string padding(117 - dictionary.size(), ' ');
  REQUIRE(bytes == std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + padding +
                       "\n\x01\x02\x03\x04\x05\x06");
  for (std::size_t rows = 1; rows < 1'000'000'000; rows *= 10) {
    const std::string header = format_npy({{0, rows}, std::vector<float>{}});
    REQUIRE(header.size() % 64 == 0);
  }
}

TEST_CASE("The three versions and the spellings of a header are read") {
  const auto values = [](const std::string& bytes) {
    return std::get<std::vector<std::uint8_t>>(parse_npy(bytes, "x.npy").values);
  };
  const std::vector<std::uint8_t> expected{'a', 'b', 'c'};
  REQUIRE(values(npy(kThreeBytes, kAbc, 1)) == expected);
  REQUIRE(values(npy(kThreeBytes, kAbc, 2)) == expected);
  REQUIRE(values(npy(kThreeBytes, kAbc, 3)) == expected);
  REQUIRE(values(npy("{\"shape\":(3L,),'descr':\"|u1\",'fortran_order':False}", kAbc)) == expected);
}

TEST_CASE("A header that breaks a rule is refused with what was found") {
  const auto header = [](const std::string& text) { return rejection(npy(text, kAbc)); };
  REQUIRE_THAT(header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }"),
               Contains("[('a'"));
  REQUIRE_THAT(header("{'descr': '|u1', 'fortran_order': False, }"), Contains("shape"));
  REQUIRE_THAT(header("{'shape': (3,), 'shape': (3,), }"), Contains("\"shape\" twice"));
  REQUIRE_THAT(header("{'descr': '|u1', 'order': 'C', }"), Contains("found \"order\""));
  REQUIRE_THAT(header("{'descr': '|u1', 'fortran_order': 0, 'shape': (3,), }"),
               Contains("True or"));
  REQUIRE_THAT(header("{'descr': '|u1', 'fortran_order': False, 'shape': (-3,), }"),
               Contains("-3"));
  REQUIRE_THAT(header("{'descr': '|u1', 'fortran_order': False, 'shape': 3, }"), Contains("'('"));
  REQUIRE_THAT(header(kThreeBytes + " junk"), Contains("junk"));
  REQUIRE_THAT(header("{'descr"), Contains("closing quote"));
  REQUIRE_THAT(header(""), Contains("'{'"));
}

TEST_CASE("A header that promises more than the file holds costs no memory") {
  const auto shape = [](const std::string& text) {
    return rejection(
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + text + ", }", kAbc));
  };
  REQUIRE_THAT(shape("(1000000000000000000,)"), Contains("truncated"));
  REQUIRE_THAT(shape("(4294967296, 4294967296)"), Contains("fits into memory"));
  REQUIRE_THAT(shape("(4294967296, 4294967296, 0)"), Contains("fits into memory"));
  REQUIRE_THAT(shape("(0, 9223372036854775807, 9)"), Contains("fits into memory"));
  REQUIRE_THAT(shape("(2305843009213693952,)"), Contains("fits into memory"));  // 2^61 * 8 = 2^64
  REQUIRE_THAT(shape("(99999999999999999999,)"), Contains("64 bits"));
  std::string many = "(";
  for (int i = 0; i < 33; ++i) many += "1,";
  REQUIRE_THAT(shape(many + ")"), Contains("32 axes"));
  REQUIRE_THAT(rejection(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13)),
               Contains("4294967295") && Contains("truncated"));
}

TEST_CASE("Every truncation of an npy file is refused, and so are bytes after its end") {
  for (char version : {'\x01', '\x02'}) {
    const std::string whole = npy(kThreeBytes, kAbc, version);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      REQUIRE_THAT(rejection(whole.substr(0, length)), Contains("x.npy"));
    }
    REQUIRE_THAT(rejection(whole + "d"), Contains("expected 3 bytes") && Contains("found 4"));
  }
  REQUIRE_THAT(rejection("PK\x03\x04 not an array"), Contains("expected an .npy file"));
  REQUIRE_THAT(rejection(npy(kThreeBytes, kAbc, 4)), Contains("version 1, 2 or 3"));
}

TEST_CASE("No single damaged byte of an npy file does more than an error") {
  const std::string whole = npy(kThreeBytes, kAbc);
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(value);
      try {
        const Array array = parse_npy(damaged, "x.npy");
        REQUIRE(std::visit([](const auto& v) { return v.size(); }, array.values) == array.size());
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  REQUIRE(refused > 1000);
}

TEST_CASE("An array file is written and read by its extension") {
  const TemporaryFolder folder;
  const Array array{{2, 2}, std::vector<float>{1, 2, 3, 0.1F}};
  write_array(folder / "a.npy", array);
  write_array(folder / "a.csv", array);
  REQUIRE(std::get<std::vector<float>>(read_array(folder / "a.npy").values) ==
          values_as<float>(read_array(folder / "a.csv"), "a.csv"));
  REQUIRE(values_as<double>(array, "a") ==
          values_as<double>(read_array(folder / "a.csv"), "a.csv"));
  REQUIRE_THAT(error_text([&] { read_array(folder / "a.txt"); }),
               Contains("a.txt") && Contains(".npy or .csv") && Contains("\".txt\""));
  REQUIRE_THAT(error_text([&] { write_array(folder / "a", array); }), Contains(".npy or .csv"));
  REQUIRE_THAT(error_text([&] { write_array(folder / "a.npz", array); }), Contains(".npy or .csv"));
}

TEST_CASE("Values convert where they survive and are refused where they do not") {
  const auto as_byte = [](double value) {
    return values_as<std::uint8_t>({{1}, std::vector<double>{value}}, "x").at(0);
  };
  const auto as_integer = [](double value) {
    return values_as<std::int64_t>({{1}, std::vector<double>{value}}, "x").at(0);
  };
  REQUIRE(as_byte(255) == 255);
  REQUIRE(as_integer(-0x1p63) == std::numeric_limits<std::int64_t>::min());
  for (double bad : {256.0, -1.0, 0.5, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    REQUIRE_THAT(error_text([&] { as_byte(bad); }), Contains("uint8") && Contains("entry 0"));
  }
  for (double bad : {0x1p63, -0x1.1p63, std::numeric_limits<double>::infinity()}) {
    REQUIRE_THAT(error_text([&] { as_integer(bad); }), Contains("int64"));
  }
  const Array large{{1}, std::vector<double>{1e39}};
  REQUIRE_THAT(error_text([&] { values_as<float>(large, "x"); }), Contains("float32"));
  const Array negative{{1}, std::vector<std::int64_t>{-1}};
  REQUIRE_THAT(error_text([&] { values_as<std::uint8_t>(negative, "x"); }), Contains("found -1"));
  const Array labels{{2}, std::vector<std::int64_t>{7, 255}};
  REQUIRE(values_as<std::uint8_t>(labels, "x") == std::vector<std::uint8_t>{7, 255});
  const Array large_whole{{2}, std::vector<std::int64_t>{1 << 24, (1 << 24) + 1}};
  REQUIRE_THAT(error_text([&] { values_as<float>(large_whole, "x"); }), Contains("found 16777217 at entry 1"));
  REQUIRE(values_as<double>(large_whole, "x") == std::vector<double>{1 << 24, (1 << 24) + 1});
  const Array infinite{{1}, std::vector<double>{std::numeric_limits<double>::infinity()}};
  REQUIRE(values_as<float>(infinite, "x").at(0) == std::numeric_limits<float>::infinity());
}

TEST_CASE("An array is a matrix of its first axis by all others") {
  const Array images{{2, 1, 2, 2}, std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7}};
  const Matrix<float> matrix = matrix_as<float>(images, "images");
  REQUIRE(matrix.rows() == 2);
  REQUIRE(matrix.cols() == 4);
  REQUIRE(matrix(1, 2) == 6.0F);
  REQUIRE(images.description() == "[2, 1, 2, 2] uint8");
  REQUIRE(array_of(matrix).shape == std::vector<std::size_t>{2, 4});
  REQUIRE(matrix_as<double>({{3}, std::vector<float>{1, 2, 3}}, "x").cols() == 1);
  REQUIRE(matrix_as<double>({{0, 5}, std::vector<float>{}}, "x").cols() == 5);
  REQUIRE_THAT(error_text([] {
                 matrix_as<double>({{}, std::vector<float>{1}}, "x");
               }),
               Contains("x: expected a matrix"));
}

}  // namespace
}  // namespace deepmine
