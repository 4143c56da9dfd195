#include "framework/core/file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
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

TEST_CASE("Devices are refused at once: /dev/zero has no end") {
  for (const char* device : {"/dev/zero", "/dev/null", "/dev/full"}) {
    CAPTURE(device);
    const std::string refused = std::string(device) + "\": expected a file, found a device";
    REQUIRE_THAT(error_text([&] { read_file(device); }), Contains(refused));
    REQUIRE_THAT(error_text([&] { const InputFile file(device); }), Contains(refused));
    REQUIRE_THAT(error_text([&] { sha256_of_file(device); }), Contains(refused));
  }
  const TemporaryFolder folder;
  fs::create_symlink("/dev/zero", folder / "link.npy");
  REQUIRE_THAT(error_text([&] { read_file(folder / "link.npy"); }), Contains("link.npy") && Contains("found a device"));
}

TEST_CASE("A pipe is read to its end") {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << std::string(100'000, 'x'); });
  const std::string content = read_file(pipe);
  writer.join();
  REQUIRE(content == std::string(100'000, 'x'));
}

TEST_CASE("A file longer than its reader allows is refused before it is in memory") {
  const TemporaryFolder folder;
  write_file(folder / "a", "12345");
  REQUIRE(read_file(folder / "a", 5) == "12345");
  REQUIRE_THAT(error_text([&] { read_file(folder / "a", 4); }), Contains("a: expected a file of at most 4 bytes"));
  std::ofstream(folder / "sparse") << 'x';
  fs::resize_file(folder / "sparse", std::uintmax_t{1} << 40);
  REQUIRE_THAT(error_text([&] { read_file(folder / "sparse", 1'000'000); }), Contains("at most 1000000 bytes"));
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
