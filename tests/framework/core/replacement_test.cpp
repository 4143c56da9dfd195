#include "framework/core/replacement.h"

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "framework/core/process_name.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("pieces come under their name together, and until then the old content is there") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a";
  write_file(file, "old");
  Replacement replacement(file);
  replacement.write("ne");
  CHECK(read_file(file) == "old");
  replacement.write("w");
  replacement.replace();
  CHECK(read_file(file) == "new");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a replacement that is given up leaves the old content and nothing else") {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  {
    Replacement first(folder / "a"), second(folder / "b");
    first.write("new");
    second.write("new");
    CHECK(files_in(folder.path()) == 3);
  }
  CHECK(read_file(folder / "a") == "old");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("what is not whole yet is called after its host and process") {
  const TemporaryFolder folder;
  const Replacement replacement(folder / "a");
  const std::string name = fs::directory_iterator(folder.path())->path().filename().string();
  CHECK(name.rfind("a." + process_name() + "-", 0) == 0);
  CHECK(process_name() == host_name() + "-" + std::to_string(::getpid()));
  const Replacement longest(folder / std::string(255, 'x'));
  CHECK(files_in(folder.path()) == 2);
}

TEST_CASE("a file whose folder is missing, or is one itself, cannot be replaced") {
  const TemporaryFolder folder;
  CHECK(error_text([&] { Replacement(folder / "none" / "a"); }).find("the folder must exist") != std::string::npos);
  CHECK(error_text([&] { Replacement(folder.path()); }).find("found a folder") != std::string::npos);
}

}  // namespace
}  // namespace deepmine
