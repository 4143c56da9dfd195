#include "framework/run/figure.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "framework/core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

TEST_CASE("a figure is drawn as svg and png and leaves nothing else") {
  const TemporaryFolder folder;
  const auto files = draw({{"line", "a line", 300, 200, "plot x title 'a''b'\n"}}, folder / "new");
  REQUIRE(files.size() == 2);
  CHECK(read_file(folder / "new/line.svg").find("<svg") != std::string::npos);
  CHECK(read_file(folder / "new/line.png").substr(1, 3) == "PNG");
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "new")) ++entries;
  CHECK(entries == 2);
}

TEST_CASE("the pixels of images stay sharp when a reader enlarges them") {
  const TemporaryFolder folder;
  const std::string data = "$d << EOD\n0 0 1\n1 0 2\n0 1 3\n1 1 4\nEOD\n";
  draw({{"two", "", 300, 200, data + "plot $d with image, $d using 1:($2+2):3 with image\n"}}, folder.path());
  const std::string svg = read_file(folder / "two.svg"), sharp = "<image style='image-rendering:pixelated' ";
  const std::size_t first = svg.find(sharp);
  REQUIRE(first != std::string::npos);
  CHECK(svg.find(sharp, first + 1) != std::string::npos);
}

TEST_CASE("a program that gnuplot refuses is an error that shows where it is") {
  const TemporaryFolder folder;
  const std::string text = error_text([&] { draw({{"bad", "", 300, 200, "plot nonsense(\n"}}, folder.path()); });
  CHECK_THAT(text, Catch::Contains("\"bad\"") && Catch::Contains("bad.gnuplot"));
}

TEST_CASE("a folder may be called whatever it is, and texts may hold whatever they do") {
  const TemporaryFolder folder;
  for (const char* name : {"it's", "a\nb", "-x; exit", "\"`touch x`$(touch y)\"", "%d@"}) {
    CAPTURE(name);
    const auto files = draw({{"line", "a line", 300, 200, "plot x title " + quoted(name) + "\n"}}, folder / name);
    for (const auto& file : files) CHECK(std::filesystem::file_size(file) > 100);
  }
}

TEST_CASE("many processes draw into one folder, and every file is whole") {
  const TemporaryFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    for (int j = 0; j < 3; ++j) draw({{"line", "a line", 300, 200, "plot x\n"}}, folder.path());
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(read_file(folder / "line.svg").find("</svg>") != std::string::npos);
  CHECK(read_file(folder / "line.png").find("IEND") != std::string::npos);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()) == 2);
}

TEST_CASE("without gnuplot that is told") {
  const TemporaryFolder folder;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", folder.path().c_str(), 1);
  const std::string text = error_text([&] { draw({{"line", "", 300, 200, "plot x\n"}}, folder.path()); });
  ::setenv("PATH", path.c_str(), 1);
  CHECK_THAT(text, Catch::Contains("cannot start gnuplot: No such file or directory"));
}

TEST_CASE("quotes stay quotes and colours repeat") {
  CHECK(quoted("it's") == "'it''s'");
  CHECK(quoted("two\nlines") == "'two lines'");
  CHECK(colour(0) == colour(7));
  CHECK(colour(0) != colour(1));
}

}  // namespace
}  // namespace deepmine
