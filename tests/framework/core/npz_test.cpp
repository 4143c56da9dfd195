#include "framework/core/npz.h"

#include <zip.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "framework/core/file.h"
#include "tests/support/zip_of.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

using Catch::Contains;

Npz example() {
  Npz content;
  content.arrays["layer.weight"] = {{2, 2}, std::vector<float>{1, 2, 3, 0.1F}};
  content.arrays["count"] = {{}, std::vector<std::int64_t>{7}};
  content.arrays["empty"] = {{0, 3}, std::vector<double>{}};
  content.texts["recipe"] = "{\"epochs\": 3}";
  return content;
}

/// An archive with any members, by libzip itself.
void write_zip(const std::filesystem::path& path,
               const std::vector<std::pair<std::string, std::string>>& members,
               zip_int32_t method = ZIP_CM_DEFLATE) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  REQUIRE(archive != nullptr);
  for (const auto& [name, content] : members) {
    zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, 0);
    REQUIRE(index >= 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 9);
  }
  REQUIRE(zip_close(archive) == 0);
}

std::string rejection(const std::filesystem::path& path) {
  return error_text([&] { read_npz(path); });
}

TEST_CASE("Arrays and texts survive an npz archive") {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", example());
  const Npz again = read_npz(folder / "a.npz");
  REQUIRE(again.texts == example().texts);
  REQUIRE(again.arrays.size() == 3);
  for (const auto& [name, array] : example().arrays) {
    REQUIRE(again.arrays.at(name).shape == array.shape);
    REQUIRE(again.arrays.at(name).values == array.values);
  }
  write_npz(folder / "none.npz", {});
  REQUIRE(read_npz(folder / "none.npz").arrays.empty());
}

TEST_CASE("The same content gives the same archive in every time zone and on every day") {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", example());
  // A fixed number: checksums name checkpoints, so the bytes must never change.
  REQUIRE(sha256_of_file(folder / "a.npz") ==
          "3f5f3d7c9888a2dea633e4a30c1e32a5dd2cb2af466058625b15603a6d61944c");
  for (const char* zone : {"Pacific/Apia", "America/St_Johns", "Asia/Kolkata", "UTC"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    write_npz(folder / "b.npz", example());
    REQUIRE(read_file(folder / "a.npz") == read_file(folder / "b.npz"));
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST_CASE("A compressed archive is read like a stored one") {
  const TemporaryFolder folder;
  const std::string array = format_npy({{1000}, std::vector<double>(1000, 0.5)});
  write_zip(folder / "a.npz", {{"x.npy", array}});
  REQUIRE(read_npz(folder / "a.npz").arrays.at("x").shape == std::vector<std::size_t>{1000});
}

TEST_CASE("What is no archive of arrays and texts is refused with its name") {
  const TemporaryFolder folder;
  const auto file = folder / "a.npz";
  REQUIRE_THAT(rejection(file), Contains("a.npz") && Contains("No such file"));
  REQUIRE_THAT(rejection(folder.path()), Contains("folder"));
  write_file(file, "");
  REQUIRE_THAT(rejection(file), Contains("empty file"));
  write_file(file, "no archive at all");
  REQUIRE_THAT(rejection(file), Contains("a.npz") && Contains("expected an .npz archive"));
  write_zip(file, {{"readme.txt", "hello"}});
  REQUIRE_THAT(rejection(file), Contains("readme.txt"));
  write_zip(file, {{".npy", "hello"}});
  REQUIRE_THAT(rejection(file), Contains("\".npy\""));
  write_zip(file, {{"x.npy", "hello"}});
  REQUIRE_THAT(rejection(file), Contains("a.npz: x.npy") && Contains("expected an .npy file"));
}

TEST_CASE("A member that claims 2 GiB is refused before it fills the memory") {
  const TemporaryFolder folder;
  const auto file = folder / "a.npz";
  // An empty member whose directory claims 2 GiB: the claim must not be believed, nor obeyed.
  write_zip(file, {{"x.npy", std::string(100'000, '\0')}});
  std::string bytes = read_file(file);
  const std::size_t entry = bytes.find("PK\x01\x02");
  REQUIRE(entry != std::string::npos);
  bytes.replace(entry + 24, 4, std::string("\x00\x00\x00\x80", 4));
  write_file(file, bytes);
  REQUIRE_THAT(rejection(file), Contains("a.npz"));
}

TEST_CASE("A text that would fill the memory once parsed is refused") {
  const TemporaryFolder folder;
  write_zip(folder / "a.npz", {{"about.json", std::string(1 << 20, ' ')}});
  REQUIRE(read_npz(folder / "a.npz").texts.at("about").size() == 1 << 20);
  write_zip(folder / "a.npz", {{"about.json", std::string((1 << 20) + 1, ' ')}});
  REQUIRE_THAT(rejection(folder / "a.npz"), Contains("a.npz: about.json") && Contains("at most 1048576 bytes"));
}

TEST_CASE("A reader unpacks what it is asked for, as far as it is asked to") {
  const std::string array = format_npy({{100}, std::vector<float>(100, 1)});
  std::string bytes = zip_of({{"x.npy", array}, {"other.npy", array + "other"}, {"about.json", "{}"}});
  bytes[bytes.find("other", bytes.find("other") + 1)] = 'O';
  NpzReader archive(bytes, "a.npz", {});
  REQUIRE(archive.name() == "a.npz");
  REQUIRE(
      (archive.arrays().size() == 2 && archive.arrays().count("other") == 1 && archive.texts().count("about") == 1));
  REQUIRE(archive.array("x", array.size()).shape == std::vector<std::size_t>{100});
  REQUIRE(archive.text("about") == "{}");
  REQUIRE_THAT(error_text([&] { archive.array("x", array.size() - 1); }),
               Contains("a.npz: x.npy: expected a member of at most 527 bytes"));
  REQUIRE_THAT(error_text([&] { archive.array("other"); }), Contains("a.npz: other.npy") && Contains("wrong bytes"));
}

TEST_CASE("A reader of a file holds to the limit of an array, and to the name it is given") {
  const TemporaryFolder folder;
  write_zip(folder / "a.npz", {{"x.npy", format_npy({{1 << 20}, std::vector<double>(1 << 20, 0)})}});
  NpzReader archive(folder / "a.npz", "a.npz (of somebody)");
  REQUIRE_THAT(error_text([&] { archive.array("x", 1 << 20); }),
               Contains("a.npz (of somebody): x.npy") && Contains("at most 1048576 bytes"));
  REQUIRE(archive.array("x").size() == 1 << 20);
  REQUIRE_THAT(error_text([&] { NpzReader(folder / "none", "none (of somebody)"); }), Contains("none"));
  write_file(folder / "b.npz", "no archive");
  REQUIRE_THAT(error_text([&] { NpzReader(folder / "b.npz", "b.npz (of somebody)"); }),
               Contains("b.npz (of somebody): expected an .npz"));
}

TEST_CASE("An archive of names that lead out of its folder is refused") {
  const std::string array = format_npy({{1}, std::vector<float>{1}});
  REQUIRE(parse_npz(zip_of({{"x.npy", array}}), "a.npz").arrays.count("x") == 1);
  REQUIRE_THAT(error_text([&] { parse_npz(zip_of({{"../x.npy", array}}), "a.npz"); }),
               Contains("a.npz") && Contains("\"../x.npy\""));
}

TEST_CASE("Every truncation of an archive is refused") {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", example());
  const std::string whole = read_file(folder / "a.npz");
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    CAPTURE(length);
    write_file(folder / "b.npz", whole.substr(0, length));
    REQUIRE_THAT(rejection(folder / "b.npz"), Contains("b.npz"));
  }
}

TEST_CASE("A changed byte of a stored array is noticed") {
  const TemporaryFolder folder;
  write_npz(folder / "a.npz", example());
  std::string bytes = read_file(folder / "a.npz");
  const std::size_t text = bytes.find("epochs");
  REQUIRE(text != std::string::npos);
  bytes[text] = 'E';
  write_file(folder / "a.npz", bytes);
  REQUIRE_THAT(rejection(folder / "a.npz"), Contains("recipe.json") && Contains("wrong bytes"));
}

}  // namespace
}  // namespace deepmine
