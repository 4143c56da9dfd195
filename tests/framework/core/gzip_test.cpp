#include "framework/core/gzip.h"

#include <zlib.h>

#include <catch2/catch.hpp>

#include "framework/core/file.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

void write_gzip(const fs::path& path, const std::string& content, const char* mode = "wb") {
  gzFile file = gzopen(path.c_str(), mode);
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, content.data(), static_cast<unsigned>(content.size())) ==
          static_cast<int>(content.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

TEST_CASE("A gzip file is unpacked, also one of several members") {
  const TemporaryFolder folder;
  const std::string content(1'000'000, 'x');
  write_gzip(folder / "a.gz", content);
  REQUIRE(read_gzip(folder / "a.gz", content.size()) == content);
  write_gzip(folder / "a.gz", "tail", "ab");
  REQUIRE(read_gzip(folder / "a.gz", 2'000'000) == content + "tail");
  write_gzip(folder / "empty.gz", "");
  REQUIRE(read_gzip(folder / "empty.gz", 0).empty());
}

TEST_CASE("A gzip file that is damaged, truncated or too long is refused") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a.gz";
  const auto rejection = [&] { return error_text([&] { read_gzip(file, 1000); }); };
  write_gzip(file, std::string(1001, 'x'));
  REQUIRE_THAT(rejection(), Contains("at most 1000 bytes"));
  write_gzip(file, std::string(100'000'000, 'x'));  // unpacks a thousandfold
  REQUIRE_THAT(rejection(), Contains("at most 1000 bytes"));
  write_gzip(file, "some content, some content");
  const std::string packed = read_file(file);
  for (std::size_t length = 0; length < packed.size(); ++length) {
    CAPTURE(length);
    write_file(file, packed.substr(0, length));
    REQUIRE_THAT(rejection(), Contains("a.gz") && Contains("damaged or truncated"));
  }
  std::string damaged = packed;
  damaged[packed.size() - 6] = static_cast<char>(damaged[packed.size() - 6] ^ 1);  // its checksum
  write_file(file, damaged);
  REQUIRE_THAT(rejection(), Contains("damaged"));
  write_file(file, packed + "junk");
  REQUIRE_THAT(rejection(), Contains("damaged"));
}

TEST_CASE("Gzip members without content cost nothing but their bytes") {
  const TemporaryFolder folder;
  write_gzip(folder / "empty.gz", "");
  const std::string member = read_file(folder / "empty.gz");
  std::string packed;
  for (int i = 0; i < 200'000; ++i) packed += member;
  // With a fresh buffer for each, this took minutes.
  REQUIRE(gunzip(packed, 10, "input").empty());
}

TEST_CASE("A gzip file far longer than what it may hold is not read whole") {
  const TemporaryFolder folder;
  write_gzip(folder / "a.gz", "x");
  fs::resize_file(folder / "a.gz", std::uintmax_t{1} << 40);
  REQUIRE_THAT(error_text([&] { read_gzip(folder / "a.gz", 1000); }), Contains("a.gz") && Contains("at most"));
}

}  // namespace
}  // namespace deepmine
