#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "framework/core/array.h"
#include "tests/support/process.h"

namespace deepmine {

using Json = nlohmann::json;

/// The words of `deepmine ...`.
inline Words deepmine_words(const Words& words) {
  Words all{DEEPMINE_BINARY};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

inline Finished deepmine_run(const Words& words, Stdout out = Stdout::kKept) {
  return Process(deepmine_words(words), out).wait();
}

/// Runs several at a time.
inline std::vector<Finished> deepmine_all(std::vector<Words> programs) {
  for (Words& words : programs) words = deepmine_words(words);
  return run_all(programs);
}

/// What a run that must succeed printed, as JSON.
inline Json json_of(const Finished& finished) {
  INFO("stderr: " << finished.err);
  REQUIRE(finished.code == 0);
  return Json::parse(finished.out);
}

/// Checks that a run ended with code 2, printed no result, and one line that holds `part`.
inline void check_refused(const Finished& finished, const std::string& part) {
  INFO("expected in the message: " << part);
  INFO("stderr: " << finished.err);
  CHECK(finished.code == 2);
  CHECK(finished.out.empty());
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  CHECK(finished.err.rfind("deepmine: ", 0) == 0);
  CHECK(finished.err.find(part) != std::string::npos);
}

/// A run that must be refused with a message that holds `part`.
struct Refusal {
  Words words;
  std::string part;
};

inline void check_refusals(const std::vector<Refusal>& refusals) {
  std::vector<Words> programs;
  for (const Refusal& refusal : refusals) programs.push_back(refusal.words);
  const std::vector<Finished> finished = deepmine_all(programs);
  for (std::size_t i = 0; i < finished.size(); ++i) {
    std::string command = "deepmine";
    for (const std::string& word : refusals[i].words) command += " " + word;
    INFO(command);
    check_refused(finished[i], refusals[i].part);
  }
}

template <typename T>
std::string write_values(const std::filesystem::path& file, std::vector<std::size_t> shape,
                         std::vector<T> values) {
  write_array(file, {std::move(shape), std::move(values)});
  return file.string();
}

/// The golden cases of the scanner, when `DEEPMINE_SHARED` says where they are.
inline std::optional<std::filesystem::path> golden_folder() {
  const char* shared = std::getenv("DEEPMINE_SHARED");
  if (shared == nullptr) return std::nullopt;
  std::filesystem::path folder = std::filesystem::path(shared) / "golden" / "scan";
  if (!std::filesystem::exists(folder / "index.json")) return std::nullopt;
  return folder;
}

inline std::vector<Json> golden_cases(const std::filesystem::path& folder,
                                      const std::string& kind) {
  std::vector<Json> cases;
  for (const Json& entry : Json::parse(read_file(folder / "index.json"))) {
    if (entry["kind"] != kind) continue;
    cases.push_back(Json::parse(read_file(folder / entry["file"].get<std::string>())));
  }
  return cases;
}

}  // namespace deepmine
