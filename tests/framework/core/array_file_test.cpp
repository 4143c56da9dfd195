// The forms and names of files that hold an array: upper case, archives, pipes.
#include "framework/core/array_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "framework/core/matrix_file.h"
#include "framework/core/npz.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

const Array kOne{{2, 2}, std::vector<float>{1, 2, 3, 4}};
const Array kTwo{{3}, std::vector<std::int64_t>{5, 6, 7}};

bool equal(const Array& one, const Array& other) { return one.shape == other.shape && one.values == other.values; }

TEST_CASE("The case of a file's ending does not matter") {
  const TemporaryFolder folder;
  write_file(folder / "A.NPY", format_npy(kOne));
  write_file(folder / "a.Csv", "1,2\n3,4\n");
  write_npz(folder / "a.NPZ", {{{"x", kOne}}, {}});
  for (const char* name : {"A.NPY", "a.Csv", "a.NPZ"}) {
    CAPTURE(name);
    CHECK(values_as<double>(read_array(folder / name), name) == std::vector<double>{1, 2, 3, 4});
    CHECK(MatrixFile(folder / name, "numbers").columns<double>(1, 2)(1, 0) == 4);
  }
}

TEST_CASE("An array of an archive is named after a colon, a single one need not be") {
  const TemporaryFolder folder;
  const auto named = [&](const std::string& name) { return folder / name; };
  write_npz(named("one.npz"), {{{"x", kOne}}, {{"about", "{}"}}});
  write_npz(named("two.npz"), {{{"x", kOne}, {"layer/y", kTwo}}, {}});
  write_npz(named("none.npz"), {{}, {{"about", "{}"}}});
  CHECK(equal(read_array(named("one.npz")), kOne));
  CHECK(equal(read_array(named("one.npz:x")), kOne));
  CHECK(equal(read_array(named("two.npz:layer/y")), kTwo));
  CHECK(equal(read_array(named("two.npz:layer/y.npy")), kTwo));
  CHECK(MatrixFile(named("two.npz:x"), "numbers").is_float32());
  const auto refusal = [&](const std::string& name) { return error_text([&] { read_array(named(name)); }); };
  CHECK_THAT(refusal("two.npz"), Contains("two.npz:NAME, one of layer/y, x"));
  CHECK_THAT(refusal("two.npz:z"),
             Contains("two.npz: expected one of its arrays after the colon, layer/y, x, found \"z\""));
  CHECK_THAT(refusal("none.npz"), Contains("found none in it"));
  CHECK_THAT(refusal("absent.npz:x"), Contains("absent.npz\": No such file"));
  fs::copy(named("one.npz"), named("odd.npz:x"));
  CHECK(ArrayName::of(named("odd.npz:x")).member.empty());
}

/// An anonymous pipe with content, by the name that a shell gives it.
class Pipe {
 public:
  explicit Pipe(std::string content) : content_(std::move(content)) {
    REQUIRE(::pipe(ends_) == 0);
    writer_ = std::thread([this] {
      REQUIRE(::write(ends_[1], content_.data(), content_.size()) == static_cast<ssize_t>(content_.size()));
      ::close(ends_[1]);
    });
  }
  ~Pipe() {
    writer_.join();
    ::close(ends_[0]);
  }
  std::string path() const { return "/dev/fd/" + std::to_string(ends_[0]); }

 private:
  std::string content_;
  int ends_[2] = {-1, -1};
  std::thread writer_;
};

TEST_CASE("A pipe is told by its content and read as often as it is asked for") {
  for (const std::string& content : {format_npy(kOne), format_npz({{{"x", kOne}}, {}}), std::string("1,2\n3,4\n")}) {
    const Pipe pipe(content);
    CHECK(MatrixFile(pipe.path(), "numbers").rows() == 2);
    CHECK(values_as<double>(read_array(pipe.path()), "x") == std::vector<double>{1, 2, 3, 4});
    CHECK(MatrixFile(pipe.path(), "numbers").columns<double>(0, 1)(1, 0) == 3);
  }
  const Pipe archive(format_npz({{{"x", kOne}, {"y", kTwo}}, {}})), text("a,b\n1,2\n"), empty("");
  CHECK(equal(read_array(archive.path() + ":y"), kTwo));
  CHECK_THAT(error_text([&] { read_array(archive.path()); }), Contains(":NAME, one of x, y"));
  CHECK(read_array(text.path(), {true, false}).shape == std::vector<std::size_t>{1, 2});
  CHECK_THAT(error_text([&] { read_array(empty.path()); }), Contains("empty file"));
}

TEST_CASE("What holds rows and columns only is refused where more axes are needed, without advice on names") {
  const TemporaryFolder folder;
  write_file(folder / "a.csv", "0,1,2\n0.5,0.5,0.5\n");
  CHECK_THAT(error_text([&] {
               read_array(folder / "a.csv", {false, false, {}, false});
             }),
             Contains(".npy or .npz file, found .csv") && !Contains("--"));
}

TEST_CASE("A file without a known ending is refused, a device too") {
  const TemporaryFolder folder;
  write_file(folder / "a.txt", "1,2\n");
  write_file(folder / "a", "1,2\n");
  CHECK_THAT(error_text([&] { read_array(folder / "a.txt"); }), Contains(".npz, .npy or .csv") && Contains("\".txt\""));
  CHECK_THAT(error_text([&] { read_array(folder / "a"); }), Contains(".npz, .npy or .csv"));
  CHECK_THAT(error_text([&] { read_array("/dev/zero"); }), Contains("found a device"));
  CHECK_THAT(error_text([&] { read_array(folder.path()); }), Contains(".npy or .csv"));
}

}  // namespace
}  // namespace deepmine
