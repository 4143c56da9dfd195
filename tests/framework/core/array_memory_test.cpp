// What files of arrays take in memory, and that those which take more than there is are refused before they are read.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "framework/core/file.h"
#include "framework/core/npy.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

constexpr std::size_t kTera = std::size_t{1} << 40;

/// A file of zeros after `start`, which takes no room on the disk.
fs::path sparse(const TemporaryFolder& folder, const std::string& name, const std::string& start, std::size_t size) {
  write_file(folder / name, start);
  fs::resize_file(folder / name, size);
  return folder / name;
}

/// The start of an `.npy` file of so many bytes.
std::string header_of_bytes(std::size_t count) {
  const std::string one = npy_header({{1}, std::vector<std::uint8_t>{0}}), wanted = std::to_string(count);
  std::string header = one;
  header.replace(header.find("(1,)"), 4, "(" + wanted + ",)");
  header.erase(header.size() - wanted.size(), wanted.size() - 1);  // of the blanks before its end
  REQUIRE(header.size() == one.size());
  return header;
}

/// What becomes of reading a file in a process that may hold so many more bytes: "read", or what it says.
std::string reading(const fs::path& file, std::size_t more) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text;
    try {
      std::size_t pages = 0;
      std::ifstream("/proc/self/statm") >> pages;
      const rlim_t most = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + more;
      const struct rlimit limit {most, most};
      ::setrlimit(RLIMIT_AS, &limit);
      read_array(file);
      text = "read";
    } catch (const std::exception& error) {
      text = error.what();
    }
    ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(1000, '\0');
  text.resize(static_cast<std::size_t>(::read(ends[0], text.data(), text.size())));
  ::close(ends[0]);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  return text;
}

TEST_CASE("A file that is no array is refused by its first bytes, however long it is") {
  const TemporaryFolder folder;
  const auto refusal = [](const fs::path& file) { return error_text([&] { read_array(file); }); };
  CHECK_THAT(refusal(sparse(folder, "a.npy", "", kTera)),
             Contains("a.npy: expected an .npy file, found 1099511627776 bytes"));
  CHECK_THAT(refusal(sparse(folder, "b.npy", header_of_bytes(1000), kTera)),
             Contains("b.npy: expected 1000 bytes of values"));
}

TEST_CASE("An array that does not fit into memory is refused by name before it is read") {
  const TemporaryFolder folder;
  const std::string header = header_of_bytes(kTera);
  const fs::path npy = sparse(folder, "a.npy", header, header.size() + kTera),
                 csv = sparse(folder, "a.csv", "1,2\n", kTera);
  for (const fs::path& file : {npy, csv}) {
    CHECK_THAT(error_text([&] { read_array(file); }),
               Contains("expected about 1099.5 GB of memory") && Contains(file.string() + " takes that much to read"));
  }
}

TEST_CASE("An .npy file is held once while it is read") {
  const TemporaryFolder folder;
  constexpr std::size_t kSize = 100'000'000;
  const std::string header = header_of_bytes(kSize);
  const fs::path file = sparse(folder, "a.npy", header, header.size() + kSize);
  CHECK(reading(file, kSize * 3 / 2) == "read");
  CHECK_THAT(reading(file, kSize / 2), Contains("of memory, found") && Contains("a.npy"));
}

TEST_CASE("The numbers of a .csv file are counted before they are held, since they may take four times its text") {
  const TemporaryFolder folder;
  constexpr std::size_t kNumbers = 10'000'000;
  std::string text;
  for (std::size_t i = 0; i < kNumbers; ++i) text += i + 1 < kNumbers ? "1," : "1\n";
  write_file(folder / "a.csv", text);
  constexpr std::size_t kText = 2 * kNumbers, kValues = 8 * kNumbers;
  CHECK(reading(folder / "a.csv", kText + kValues + kText) == "read");
  CHECK_THAT(reading(folder / "a.csv", kText + kValues / 2), Contains("of memory, found") && Contains("a.csv"));
}

TEST_CASE("An array comes through a pipe, too") {
  const TemporaryFolder folder;
  for (const char* name : {"a.npy", "a.csv"}) {
    const fs::path pipe = folder / name;
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::thread writer([&] {
      std::ofstream(pipe) << (pipe.extension() == ".csv" ? "1,2\n" : format_npy({{1, 2}, std::vector<float>{1, 2}}));
    });
    const Array array = read_array(pipe);
    writer.join();
    CHECK(array.shape == std::vector<std::size_t>{1, 2});
  }
}

}  // namespace
}  // namespace deepmine
