// The rules of the house about files: how long they and their lines get, what lies at the top, and that every test is
// built and reaches CTest.

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "framework/core/file.h"
#include "tests/architecture/tree.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

constexpr std::size_t kMaxLines = 350;

const Names kTopLevel{"experiments",     "framework",
                      "attacks",         "datasets",
                      "results",         "tests",
                      "cmake",           ".ci",
                      "CMakeLists.txt",  "CMakePresets.json",
                      "Makefile",        "README.md",
                      "CONTRIBUTING.md", "CHANGELOG.md",
                      ".clang-format",   ".clang-tidy",
                      ".gitignore"};
const Names kIgnored{".git", "build", ".cache", "compile_commands.json"};

bool too_long(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) > kMaxLines;
}

constexpr std::size_t kMaxColumns = 120;

/// Characters, not bytes.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// CTest would drop every case of a program after a name with a lone bracket or a semicolon, and
/// call the rest passed.
bool breaks_ctest(const std::string& line) {
  if (line.rfind("TEST_CASE(", 0) != 0) return false;
  const std::string name = line.substr(0, line.rfind('"'));
  const auto count = [&](char c) { return std::count(name.begin(), name.end(), c); };
  return count('[') != count(']') || count(';') > 0;
}

Lines unexpected(const Lines& names) {
  Lines result;
  std::copy_if(names.begin(), names.end(), std::back_inserter(result), [](const auto& name) {
    return kTopLevel.count(name) == 0 && kIgnored.count(name) == 0;
  });
  return result;
}

Lines all_sources() { return sources({"framework", "attacks", "datasets", "experiments", "tests"}); }

TEST_CASE("No source is longer than 350 lines") {
  Lines found;
  for (const std::string& file : all_sources()) {
    if (too_long(read_file(root() / file))) found.push_back(file);
  }
  REQUIRE(found == Lines{});
  REQUIRE_FALSE(too_long(std::string(350, '\n')));
  REQUIRE(too_long(std::string(351, '\n')));
}

TEST_CASE("No line is longer than 120 columns") {
  Lines found;
  for (const std::string& file : all_sources()) {
    std::istringstream lines(read_file(root() / file));
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
      if (columns(line) > kMaxColumns) found.push_back(file + ":" + std::to_string(number));
    }
  }
  REQUIRE(found == Lines{});
  REQUIRE(columns("\u00e4\u2192b") == 3);
}

/// Whether `cmake`, the tests' CMakeLists.txt, makes a program of the folder that holds `test`.
bool is_built(const std::string& test, const std::string& cmake) {
  const std::string begin = "deepmine_test(";
  for (std::size_t at = cmake.find(begin); at != std::string::npos; at = cmake.find(begin, at + 1)) {
    const std::size_t from = at + begin.size();
    const std::string folder = cmake.substr(from, cmake.find_first_of(" )", from) - from);
    if (test.rfind("tests/" + folder + "/", 0) == 0) return true;
  }
  return false;
}

TEST_CASE("Every test is part of a program") {
  const std::string cmake = read_file(root() / "tests/CMakeLists.txt");
  Lines forgotten;
  for (const std::string& file : sources({"tests"})) {
    const bool is_test = file.size() > 9 && file.substr(file.size() - 9) == "_test.cpp";
    if (is_test && !is_built(file, cmake)) forgotten.push_back(file);
  }
  REQUIRE(forgotten == Lines{});
  REQUIRE(is_built("tests/a/b/c_test.cpp", "deepmine_test(a core)"));
  REQUIRE_FALSE(is_built("tests/ab/c_test.cpp", "deepmine_test(a core)\n# tests/ab"));
}

TEST_CASE("Every name of a test reaches CTest") {
  Lines found;
  for (const std::string& file : sources({"tests"})) {
    std::istringstream lines(read_file(root() / file));
    std::string line;
    while (std::getline(lines, line)) {
      if (breaks_ctest(line)) found.push_back(file + ": " + line);
    }
  }
  REQUIRE(found == Lines{});
  REQUIRE(breaks_ctest("TEST_CASE(\"in [0, 1)\") {"));
  REQUIRE(breaks_ctest("TEST_CASE(\"this; that\") {"));
  REQUIRE_FALSE(breaks_ctest("TEST_CASE(\"in [0, 1]\") { int a[2]; }"));
}

TEST_CASE("Only the known names lie at the top of the tree") {
  Lines names;
  for (const auto& entry : fs::directory_iterator(root())) {
    names.push_back(entry.path().filename().string());
  }
  REQUIRE(unexpected(names) == Lines{});
  REQUIRE(unexpected({"framework", "build", "utils", "a.out"}) == Lines{"utils", "a.out"});
}

}  // namespace
}  // namespace deepmine
