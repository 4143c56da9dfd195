#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "framework/core/file.h"

namespace deepmine {

/// Every fault that is injected, in the order of the table.
inline const std::vector<std::string>& faults() {
  static const std::vector<std::string> names{"kill -9",
                                              "disk full",
                                              "file too large",
                                              "read-only",
                                              "store deleted or replaced",
                                              "clock set back",
                                              "file truncated",
                                              "bit flipped",
                                              "CIFAR-10 damaged",
                                              "store damaged",
                                              "damaged file, whole program"};
  return names;
}

/// What is told of an input whose damage its reader cannot know.
inline const std::string kUnnoticed = "not noticed: the format has no checksum";

/// What a message says on every machine: no folders, no numbers, no checksums, not what follows its first part.
inline std::string shortened(const std::string& message) {
  std::string text = message.substr(0, message.find('\n'));
  for (const auto& [pattern, with] : {std::pair{R"(^deepmine: )", ""},
                                      {R"([^\s"'\[(]*/)", ""},
                                      {R"(deepmine-(printed-)?[0-9]+)", "deepmine-$1N"},
                                      {R"(\b[0-9a-f]{16,})", "KEY"},
                                      {R"(\b[0-9]+\b)", "N"},
                                      {R"( \(SQLite: .*\))", ""},
                                      {R"(\|)", "/"},
                                      {" +", " "},
                                      {R"(; [^;:()]*\):)", "):"}}) {
    text = std::regex_replace(text, std::regex(pattern), with);
  }
  text = text.substr(0, text.find(';'));
  constexpr std::size_t kLongest = 120;
  return text.size() <= kLongest ? text : text.substr(0, text.rfind(' ', kLongest)) + " ...";
}

/// What became of many inputs: "7 refused, most often: such a message; 1 read".
class Outcomes {
 public:
  void refused(const std::string& message) { ++messages_[shortened(message)]; }
  void other(const std::string& what) { ++others_[what]; }

  std::string text() const {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
    int refusals = 0;
    auto most = messages_.begin();
    for (auto message = messages_.begin(); message != messages_.end(); ++message) {
      refusals += message->second;
      if (message->second > most->second) most = message;
    }
    if (refusals > 0) {
      add(std::to_string(refusals) + (messages_.size() > 1 ? " refused, most often: " : " refused: ") + most->first);
    }
    for (const auto& [what, count] : others_) add(std::to_string(count) + " " + what);
    return text;
  }

 private:
  std::map<std::string, int> messages_, others_;
};

/// The rows of one fault in the table of tests/README.md, as they were just observed. `make fault-table` names the
/// file in DEEPMINE_FAULT_TABLE, to write them; every other run compares.
class FaultTable {
 public:
  explicit FaultTable(std::string fault) : fault_(std::move(fault)) {
    REQUIRE(std::count(faults().begin(), faults().end(), fault_) == 1);
  }

  /// `tried` faults at `stage`: what happened, and what became of the next run without one.
  void add(const std::string& stage, std::size_t tried, const std::string& happened, const std::string& next) {
    rows_.push_back("| " + fault_ + " | " + stage + " | " + std::to_string(tried) + " | " + happened + " | " + next +
                    " |");
  }

  /// The file has just the rows that were observed.
  void check() const {
    const char* file = std::getenv("DEEPMINE_FAULT_TABLE");
    if (file != nullptr) write(file);
    CHECK(of(parsed(read_file(DEEPMINE_SOURCE_DIR "/tests/README.md")), fault_) == rows_);
  }

  static std::vector<std::string> parsed(const std::string& readme) {
    const std::size_t begin = readme.find(kBegin), end = readme.find(kEnd);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    std::istringstream text(readme.substr(begin, end - begin));
    std::vector<std::string> rows;
    int heading = 3;  // the mark and two lines
    for (std::string line; std::getline(text, line);) {
      if (heading-- <= 0) rows.push_back(line);
    }
    return rows;
  }

  static std::string fault_of(const std::string& row) { return row.substr(2, row.find(" | ") - 2); }

 private:
  static constexpr const char* kBegin = "<!-- faults -->\n";
  static constexpr const char* kEnd = "<!-- end -->\n";

  static std::vector<std::string> of(const std::vector<std::string>& rows, const std::string& fault) {
    std::vector<std::string> result;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(result),
                 [&](const auto& row) { return fault_of(row) == fault; });
    return result;
  }

  void write(const char* file) const {
    const std::string readme = read_file(file);
    const std::vector<std::string> before = parsed(readme);
    std::string table =
        std::string(kBegin) + "| fault | where | tried | what happened | the next run |\n|---|---|---:|---|---|\n";
    for (const std::string& fault : faults()) {
      for (const std::string& row : fault == fault_ ? rows_ : of(before, fault)) table += row + "\n";
    }
    const std::size_t begin = readme.find(kBegin), end = readme.find(kEnd);
    write_file(file, readme.substr(0, begin) + table + readme.substr(end));
  }

  std::string fault_;
  std::vector<std::string> rows_;
};

}  // namespace deepmine
