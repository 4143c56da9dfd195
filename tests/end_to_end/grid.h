#pragma once

#include <algorithm>

#include "framework/core/seed.h"
#include "framework/run/plan.h"
#include "tests/end_to_end/store_rows.h"

namespace deepmine {

/// 0 where there is no store yet, or one without tables.
inline int units_of(const fs::path& store) {
  if (!fs::exists(store) || fs::file_size(store) == 0) return 0;
  if (rows_of(store, "SELECT name FROM sqlite_master WHERE name = 'unit'").empty()) return 0;
  return std::stoi(rows_of(store, "SELECT count(*) FROM unit")[0]);
}

/// The worker's store in its scratch folder, empty before there is one.
inline fs::path scratch_store(const fs::path& scratch) {
  for (const auto& entry : fs::directory_iterator(scratch)) {
    if (entry.path().extension() == ".sqlite") return entry.path();
  }
  return {};
}

/// A tiny version of Table 1, some 24 units of a fraction of a second.
inline Words measurement() {
  Words words{"--profile", "quick", "--quiet", "--threads", "1"};
  for (const std::string& setting :
       {std::string("model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz"),
        std::string("detector=subset-scan"), std::string("background=300"), std::string("evaluation=120"),
        std::string("size=60"), std::string("replicates=6"), std::string("targets=0,3"),
        std::string("image-resamples=1"), std::string("attack=bim:epsilon=0.1,step=0.02,steps=6")}) {
    words.insert(words.end(), {"--set", setting});
  }
  return words;
}

inline Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// A plan and what its workers leave, in a folder of its own.
class Grid {
 public:
  explicit Grid(const Words& more = {}, const std::string& name = "grid") : name_(name) {
    fs::create_directories(folder());
    planned_ = measured(
        with(with({"plan", "deep-mining"}, measurement()), with({"--store", store().string(), "--out", file()}, more)));
  }
  std::string file() const { return (folder() / "table1.plan").string(); }
  fs::path store() const { return folder() / "all.sqlite"; }
  fs::path folder() const { return folder_ / name_; }
  const Finished& planned() const { return planned_; }
  Words work(std::size_t index, std::size_t of, const Words& more = {}) const {
    return with({"work", file(), "--quiet", "--index", std::to_string(index), "--of", std::to_string(of)}, more);
  }
  Finished merge(const Words& more = {}) const {
    return deepmine_run(with({"merge", "--quiet", "--plan", file()}, more));
  }

 private:
  TemporaryFolder folder_;
  std::string name_;
  Finished planned_;
};

/// What one process prints.
inline const std::string& table_of_one() {
  static const std::string table = [] {
    const TemporaryFolder folder;
    return measured(with(with({"run", "deep-mining"}, measurement()), {"--store", (folder / "one.sqlite").string()}))
        .out;
  }();
  return table;
}

/// Numbers below `count` in an order of chance.
inline std::vector<std::size_t> shuffled(std::size_t count, const std::string& name) {
  RandomStream random(Seed(7).child(name));
  return random.permutation(count);
}

}  // namespace deepmine
