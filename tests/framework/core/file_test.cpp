#include "framework/core/file.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

void write_gzip(const fs::path& path, const std::string& content, const char* mode = "wb") {
  gzFile file = gzopen(path.c_str(), mode);
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, content.data(), static_cast<unsigned>(content.size())) ==
          static_cast<int>(content.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

TEST_CASE("A written file is read back and nothing else is left beside it") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a";
  std::string content(300'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i);
  write_file(file, "old");
  write_file(file, content);
  REQUIRE(read_file(file) == content);
  write_file(file, "");
  REQUIRE(read_file(file).empty());
  REQUIRE(names_in(folder.path()) == std::vector<std::string>{"a"});
}

TEST_CASE("A missing file and a folder are refused with their names") {
  const TemporaryFolder folder;
  REQUIRE_THAT(error_text([&] { read_file(folder / "none"); }),
               Contains("none") && Contains("No such file") && Contains("check the path"));
  REQUIRE_THAT(error_text([&] { read_file(folder.path()); }), Contains("found a folder"));
  REQUIRE_THAT(error_text([&] { sha256_of_file(folder / "none"); }), Contains("none"));
  REQUIRE_THAT(error_text([&] { write_file(folder / "none/a", "x"); }),
               Contains("none/a") && Contains("folder must exist"));
  REQUIRE_THAT(error_text([&] { write_file(folder.path(), "x"); }), Contains("found a folder"));
  REQUIRE_THAT(error_text([&] { write_file("/dev/null", "x"); }), Contains("/dev/null"));
  REQUIRE(fs::is_character_file("/dev/null"));
}

TEST_CASE("A full disk leaves the old file and no temporary one") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a";
  write_file(file, "old");
  // A child process of its own, because the limit on file sizes holds for a whole process.
  const pid_t child = ::fork();
  if (child == 0) {
    struct rlimit limit {};
    limit.rlim_cur = limit.rlim_max = 1024;
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(file, std::string(100'000, 'x'));
    } catch (const Error& error) {
      ::_exit(std::string(error.what()).find("File too large") == std::string::npos ? 1 : 42);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 42);
  REQUIRE(read_file(file) == "old");
  REQUIRE(names_in(folder.path()) == std::vector<std::string>{"a"});
}

TEST_CASE("Writing through a link replaces the file it leads to") {
  const TemporaryFolder folder;
  write_file(folder / "file", "old");
  fs::create_symlink("file", folder / "link");
  write_file(folder / "link", "new");
  REQUIRE(fs::is_symlink(folder / "link"));
  REQUIRE(read_file(folder / "file") == "new");
}

TEST_CASE("Many writers of one file leave one of their contents, whole") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a";
  std::vector<std::thread> writers;
  for (char c = 'a'; c < 'e'; ++c) {
    writers.emplace_back([&file, c] {
      for (int i = 0; i < 5; ++i) write_file(file, std::string(70'000, c));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string content = read_file(file);
  REQUIRE(content == std::string(70'000, content.at(0)));
  REQUIRE(names_in(folder.path()).size() == 1);
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

TEST_CASE("SHA-256 agrees with the examples of its standard") {
  const TemporaryFolder folder;
  REQUIRE(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  REQUIRE(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  write_file(folder / "a", std::string(1'000'000, 'a'));
  REQUIRE(sha256_of_file(folder / "a") ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace deepmine
