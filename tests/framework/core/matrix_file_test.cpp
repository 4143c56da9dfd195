#include "framework/core/matrix_file.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

using namespace deepmine;

namespace {

template <typename T>
std::vector<T> counted(std::size_t count) {
  std::vector<T> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<T>(i));
  return values;
}

template <typename T>
void check_columns(const MatrixFile& file) {
  for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 6}, {0, 1}, {2, 5}, {5, 6}, {3, 3}}) {
    const Matrix<T> found = file.columns<T>(first, last);
    REQUIRE(found.rows() == 4);
    REQUIRE(found.cols() == last - first);
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = first; j < last; ++j) CHECK(found(i, j - first) == static_cast<T>(6 * i + j));
    }
  }
}

}  // namespace

TEST_CASE("columns of a file are those of its matrix, whatever its type and axes") {
  const TemporaryFolder folder;
  write_array(folder / "f.npy", {{4, 6}, counted<float>(24)});
  write_array(folder / "d.npy", {{4, 2, 3}, counted<double>(24)});
  write_array(folder / "u.npy", {{4, 6}, counted<std::uint8_t>(24)});
  write_array(folder / "i.npy", {{4, 1, 3, 2}, counted<std::int64_t>(24)});
  write_array(folder / "c.csv", {{4, 6}, counted<double>(24)});
  check_columns<float>(MatrixFile(folder / "f.npy", "a"));
  for (const char* name : {"f.npy", "d.npy", "u.npy", "i.npy", "c.csv"}) {
    const MatrixFile file(folder / name, "numbers");
    check_columns<double>(file);
    CHECK(file.is_float32() == (std::string(name) == "f.npy"));
  }
  CHECK(MatrixFile(folder / "f.npy", "a").channel_columns() == 0);
  CHECK(MatrixFile(folder / "d.npy", "a").channel_columns() == 3);
  CHECK(MatrixFile(folder / "i.npy", "a").channel_columns() == 6);
  CHECK(MatrixFile(folder / "c.csv", "a").resident() == 24 * 8);
}

TEST_CASE("files that are no matrix are told by name before anything is read") {
  const TemporaryFolder folder;
  const auto error = [&](const char* name) {
    return error_text([&] { MatrixFile(folder / name, "activations [inputs x nodes]"); });
  };
  write_array(folder / "flat.npy", {{6}, counted<float>(6)});
  write_array(folder / "empty.npy", {{0, 6}, std::vector<float>{}});
  const std::string whole = format_npy({{4, 6}, counted<float>(24)});
  write_file(folder / "short.npy", whole.substr(0, whole.size() - 1));
  write_file(folder / "long.npy", whole + "x");
  write_file(folder / "header.npy", whole.substr(0, 40));
  CHECK_THAT(error("flat.npy"), Catch::Contains("expected activations [inputs x nodes], found [6]"));
  CHECK_THAT(error("empty.npy"), Catch::Contains("found [0 x 6]"));
  CHECK_THAT(error("short.npy"), Catch::Contains("truncated"));
  CHECK_THAT(error("long.npy"), Catch::Contains("followed by something else"));
  CHECK_THAT(error("header.npy"), Catch::Contains("truncated"));
  CHECK_THAT(error("none.npy"), Catch::Contains("none.npy"));
  CHECK_THAT(error("numbers.txt"), Catch::Contains(".npy or .csv"));
}

TEST_CASE("a file that shrinks while it is read is an error, not a crash") {
  const TemporaryFolder folder;
  const std::string whole = format_npy({{4, 6}, counted<float>(24)});
  write_file(folder / "f.npy", whole);
  const MatrixFile file(folder / "f.npy", "numbers");
  std::filesystem::resize_file(folder / "f.npy", whole.size() - 10);
  CHECK_THAT(error_text([&] { file.columns<float>(0, 6); }), Catch::Contains("the file's end"));
}
