// The types, byte orders and orders of axes that numpy writes, and what of them no array of ours is.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "framework/core/array.h"
#include "framework/core/matrix_file.h"
#include "tests/support/error_text.h"
#include "tests/support/npy_of.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

/// The bytes of numbers, in either order.
template <typename T>
std::string bytes_of(const std::vector<T>& values, bool big_endian) {
  std::string bytes;
  for (const T value : values) {
    std::string one(reinterpret_cast<const char*>(&value), sizeof value);
    if (big_endian) std::reverse(one.begin(), one.end());
    bytes += one;
  }
  return bytes;
}

/// Both byte orders read as `expected`, and so do columns of the file.
template <typename T, typename Read>
void check_type(const std::string& type, const std::vector<T>& values, const std::vector<Read>& expected) {
  const TemporaryFolder folder;
  const std::vector<std::size_t> shape{values.size() / 2, 2};
  for (const bool big_endian : {false, true}) {
    const std::string descr = (sizeof(T) == 1 ? "|" : big_endian ? ">" : "<") + type;
    CAPTURE(descr);
    const std::string file = npy_of(descr, shape, bytes_of(values, big_endian));
    CHECK(std::get<std::vector<Read>>(parse_npy(file, "x.npy").values) == expected);
    write_file(folder / "x.npy", file);
    CHECK(std::get<std::vector<Read>>(read_array(folder / "x.npy").values) == expected);
    const MatrixFile matrix(folder / "x.npy", "numbers");
    CHECK(matrix.resident() == 0);
    CHECK(matrix.is_float32() == std::is_same_v<Read, float>);
    const Matrix<double> second = matrix.columns<double>(1, 2);
    for (std::size_t i = 0; i < shape[0]; ++i) CHECK(second(i, 0) == static_cast<double>(expected[2 * i + 1]));
  }
}

TEST_CASE("Every type of numbers that numpy has is read as it is") {
  check_type<float>("f4", {0.1F, -0.0F, 1e-45F, 3e38F}, std::vector<float>{0.1F, -0.0F, 1e-45F, 3e38F});
  check_type<double>("f8", {0.1, -1e308}, std::vector<double>{0.1, -1e308});
  check_type<std::int8_t>("i1", {-128, 127}, std::vector<std::int64_t>{-128, 127});
  check_type<std::uint8_t>("u1", {0, 255}, std::vector<std::uint8_t>{0, 255});
  check_type<std::int16_t>("i2", {-32768, 259}, std::vector<std::int64_t>{-32768, 259});
  check_type<std::uint16_t>("u2", {65535, 258}, std::vector<std::int64_t>{65535, 258});
  check_type<std::int32_t>("i4", {-2147483647, 16777217}, std::vector<std::int64_t>{-2147483647, 16777217});
  check_type<std::uint32_t>("u4", {4294967295U, 1}, std::vector<std::int64_t>{4294967295, 1});
  check_type<std::int64_t>("i8", {-5, 1LL << 52}, std::vector<std::int64_t>{-5, 1LL << 52});
  check_type<std::uint64_t>("u8", {5, 1ULL << 52}, std::vector<std::int64_t>{5, 1LL << 52});
  check_type<std::uint8_t>("b1", {0, 1}, std::vector<std::uint8_t>{0, 1});
}

TEST_CASE("A float16 is the float32 of its value") {
  const std::vector<std::uint16_t> bits{0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0x3555, 0x7bff, 0xc000, 0x7c00, 0xfc00};
  const float infinity = std::numeric_limits<float>::infinity();
  check_type("f2", bits,
             std::vector<float>{0, 0x1p-24F, 0x1.ff8p-15F, 0x1p-14F, 1, 0x1.554p-2F, 65504, -2, infinity, -infinity});
  const Array nan = parse_npy(npy_of("<f2", {1}, bytes_of<std::uint16_t>({0x7e00}, false)), "x");
  CHECK(std::isnan(std::get<std::vector<float>>(nan.values)[0]));
}

TEST_CASE("An array in Fortran order is the array that it is in C order") {
  const std::string columns = bytes_of<float>({0, 3, 1, 4, 2, 5}, false);
  const Array array = parse_npy(npy_of("<f4", {2, 3}, columns, true), "x");
  CHECK(array.shape == std::vector<std::size_t>{2, 3});
  CHECK(std::get<std::vector<float>>(array.values) == std::vector<float>{0, 1, 2, 3, 4, 5});
  std::vector<std::int16_t> values(2 * 3 * 4), expected(values.size());
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 4; ++k)
        values[i + 2 * (j + 3 * k)] = expected[(i * 3 + j) * 4 + k] = static_cast<std::int16_t>(100 * i + 10 * j + k);
    }
  }
  const Array cube = parse_npy(npy_of(">i2", {2, 3, 4}, bytes_of(values, true), true), "x");
  CHECK(std::get<std::vector<std::int64_t>>(cube.values) ==
        std::vector<std::int64_t>(expected.begin(), expected.end()));
  CHECK(parse_npy(npy_of("|u1", {3}, "abc", true), "x").size() == 3);
  CHECK(parse_npy(npy_of("|u1", {0, 3}, "", true), "x").size() == 0);

  const TemporaryFolder folder;
  write_file(folder / "x.npy", npy_of("<f4", {2, 3}, columns, true));
  const MatrixFile file(folder / "x.npy", "numbers");
  CHECK(file.is_float32());
  CHECK(file.resident() == 24);
  CHECK(file.columns<float>(1, 3)(1, 1) == 5);
}

TEST_CASE("Types that are no plain numbers are refused by their names") {
  const auto refusal = [](const std::string& descr) {
    return error_text([&] { parse_npy(npy_of(descr, {1}, std::string(8, '\0')), "x.npy"); });
  };
  for (const auto& [descr, kind] : {std::pair{"|O", "Python objects"},
                                    {"<c8", "complex numbers"},
                                    {"<c16", "complex numbers"},
                                    {"<U2", "texts"},
                                    {"|S8", "texts"},
                                    {"<M8[ns]", "dates"},
                                    {"<m8[s]", "spans of time"},
                                    {"|V8", "bytes"},
                                    {"<f16", "longer than 64 bits"},
                                    {"", "another type"},
                                    {"<i3", "another type"}}) {
    CAPTURE(descr);
    CHECK_THAT(refusal(descr), Contains("x.npy") && Contains(kind) && Contains("save it again"));
  }
  const std::string structured = npy_of("", {1}, std::string(8, '\0'));
  const std::size_t at = structured.find("''");
  REQUIRE(at != std::string::npos);
  std::string fields = structured;
  fields.replace(at, 2, "[('a', '<f4'), ('b', '<f4')]");
  fields[8] = static_cast<char>(fields[8] + 26);
  CHECK_THAT(error_text([&] { parse_npy(fields, "x.npy"); }),
             Contains("structured array, [('a'") && Contains("x['name']"));
}

TEST_CASE("Whole numbers that would become one number are refused where they are compared") {
  const TemporaryFolder folder;
  const std::int64_t held = (1LL << 53) + 2, not_held = (1LL << 53) + 1;
  const auto columns = [&](const std::string& descr, const std::string& bytes, bool fortran) {
    write_file(folder / "x.npy", npy_of(descr, {2, 1}, bytes, fortran));
    return MatrixFile(folder / "x.npy", "numbers").columns<double>(0, 1);
  };
  for (const bool fortran : {false, true}) {
    CHECK(columns("<i8", bytes_of<std::int64_t>({held, -held}, false), fortran)(0, 0) == 0x1p53 + 2);
    for (const std::int64_t bad : {not_held, -not_held, std::numeric_limits<std::int64_t>::max()}) {
      CHECK_THAT(
          error_text([&] {
            columns("<i8", bytes_of<std::int64_t>({1, bad}, false), fortran);
          }),
          Contains("x.npy: expected whole numbers that float64 holds") && Contains("found " + std::to_string(bad)));
    }
    CHECK_THAT(error_text([&] {
                 columns(">u8", bytes_of<std::uint64_t>({~0ULL, 1}, true), fortran);
               }),
               Contains("found 18446744073709551615"));
  }
  CHECK_THAT(error_text([] { parse_npy(npy_of("<u8", {1}, std::string(8, '\xff')), "x.npy"); }),
             Contains("int64 holds (below 2^63)"));
}

}  // namespace
}  // namespace deepmine
