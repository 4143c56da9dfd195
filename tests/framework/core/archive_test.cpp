#include "framework/core/archive.h"

#include <zip.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "framework/core/file.h"
#include "framework/core/interrupt.h"
#include "tests/support/zip_of.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

void read_all(const std::string& bytes, const ArchiveLimits& limits) {
  ArchiveReader archive(bytes, "a.zip", "an archive", limits);
  for (std::size_t i = 0; i < archive.members().size(); ++i) archive.content(i);
}

std::string complaint(const std::string& bytes, const ArchiveLimits& limits = {}) {
  return error_text([&] { read_all(bytes, limits); });
}

/// A deflated archive of one member, by libzip.
std::string deflated(const TemporaryFolder& folder, const std::string& content) {
  const auto path = folder / "deflated.zip";
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
  REQUIRE(zip_file_add(archive, "member", source, 0) == 0);
  zip_set_file_compression(archive, 0, ZIP_CM_DEFLATE, 9);
  REQUIRE(zip_close(archive) == 0);
  return read_file(path);
}

TEST_CASE("The members of an archive are named and read") {
  const std::string bytes = zip_of({{"a", "first"}, {"folder/b", ""}, {"c..d/...", "third"}});
  ArchiveReader archive(bytes, "a.zip", "an archive");
  REQUIRE(archive.members() == std::vector<std::string>{"a", "folder/b", "c..d/..."});
  REQUIRE(archive.content(0) == "first");
  REQUIRE(archive.content(1).empty());
  REQUIRE(archive.content(2) == "third");
}

TEST_CASE("Names that lead out of a folder, hide something or come twice are refused") {
  for (const char* name : {"/a", "..", "../a", "a/..", "a/../../b", "a\\b", "C:\\a", "a\nb", "a\x1b[2J", "a\x7f", ""}) {
    CAPTURE(name);
    REQUIRE_THAT(complaint(zip_of({{"good", "1"}, {name, "2"}})), Contains("a.zip") && Contains("plain names"));
  }
  REQUIRE_THAT(complaint(zip_of({{"a", "1"}, {"a", "2"}})),
               Contains("a.zip: expected an archive") && Contains("exists"));
}

TEST_CASE("An archive unpacks to no more than its limits, whatever it says") {
  const ArchiveLimits limits{3, 1000, 1500};
  const std::string most(1000, 'x'), rest(500, 'x');
  read_all(zip_of({{"a", most}, {"b", rest}, {"c", ""}}), limits);
  REQUIRE_THAT(complaint(zip_of({{"a", most + "x"}}), limits),
               Contains("a.zip: a: ") && Contains("at most 1000 bytes"));
  REQUIRE_THAT(complaint(zip_of({{"a", most}, {"b", rest + "x"}}), limits),
               Contains("a.zip: b: ") && Contains("unpacks to at most 1500 bytes"));
  REQUIRE_THAT(complaint(zip_of({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}), limits),
               Contains("at most 3 members, found 4"));
}

TEST_CASE("A zip bomb is given up at the limit") {
  REQUIRE(ArchiveLimits().total <= std::size_t{1} << 29);  // of an archive whose sizes nobody knows
  const TemporaryFolder folder;
  const std::string bomb = deflated(folder, std::string(100'000'000, '\0'));
  REQUIRE(bomb.size() < 200'000);
  REQUIRE_THAT(complaint(bomb, {10, 1'000'000, 2'000'000}), Contains("at most 1000000 bytes"));
}

TEST_CASE("An interrupt stops the unpacking of a member") {
  const std::string bytes = zip_of({{"a", std::string(1'000'000, 'x')}});
  ArchiveReader archive(bytes, "a.zip", "an archive");
  install_interrupt_handlers();
  std::size_t pieces = 0;
  const auto read = [&](bool interrupt) {
    archive.read(0, std::string::npos, [&](std::string_view) {
      if (++pieces == 2 && interrupt) ::raise(SIGTERM);
    });
  };
  REQUIRE_THROWS_AS(read(true), Interrupted);
  forget_interrupt();
  REQUIRE(pieces == 2);
  read(false);
  REQUIRE(pieces > 2 + 10);
}

TEST_CASE("Changed bytes, encryption and missing ends are refused") {
  const std::string whole = zip_of({{"member", "content"}});
  std::string changed = whole;
  changed[changed.find("content")] = 'C';
  REQUIRE_THAT(complaint(changed), Contains("a.zip: member") && Contains("wrong bytes"));
  std::string encrypted = whole;
  encrypted[6] = 1;
  encrypted[encrypted.find("PK\1\2") + 8] = 1;
  REQUIRE_THAT(complaint(encrypted), Contains("a.zip: member") && Contains("password"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    REQUIRE_THAT(complaint(whole.substr(0, length)), Contains("a.zip: expected an archive"));
  }
}

TEST_CASE("A file is checked as a whole, without being held in memory") {
  const TemporaryFolder folder;
  const std::string whole = zip_of({{"a", "first"}, {"b", "second"}});
  const auto file = folder / "a.zip";
  write_file(file, whole);
  check_archive(file, "an archive");
  std::string changed = whole;
  changed[changed.find("second")] = 'S';
  write_file(file, changed);
  const auto rejection = [](const auto& path) { return error_text([&] { check_archive(path, "an archive"); }); };
  REQUIRE_THAT(rejection(file), Contains("a.zip: b") && Contains("wrong bytes"));
  write_file(file, "");
  REQUIRE_THAT(rejection(file), Contains("empty file"));
  REQUIRE_THAT(rejection(std::filesystem::path("/dev/zero")), Contains("found a device"));
  REQUIRE_THAT(rejection(folder.path()), Contains("found a folder"));
  REQUIRE_THAT(rejection(folder / "none"), Contains("No such file"));
}

}  // namespace
}  // namespace deepmine
