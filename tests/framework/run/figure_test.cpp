#include "framework/run/figure.h"

#include <catch2/catch.hpp>

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

TEST_CASE("a program that gnuplot refuses is an error that shows where it is") {
  const TemporaryFolder folder;
  const std::string text = error_text([&] { draw({{"bad", "", 300, 200, "plot nonsense(\n"}}, folder.path()); });
  CHECK_THAT(text, Catch::Contains("\"bad\"") && Catch::Contains("bad.gnuplot"));
}

TEST_CASE("quotes stay quotes and colours repeat") {
  CHECK(quoted("it's") == "'it''s'");
  CHECK(colour(0) == colour(7));
  CHECK(colour(0) != colour(1));
}

}  // namespace
}  // namespace deepmine
