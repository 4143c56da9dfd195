#pragma once

#include "tests/end_to_end/store_rows.h"

namespace deepmine {

/// A deep-mining run of a few seconds, into stores of one folder.
class TinyRun {
 public:
  explicit TinyRun(fs::path folder) : folder_(std::move(folder)) {}

  fs::path store(const std::string& name) const { return folder_ / (name + ".sqlite"); }
  fs::path artifacts(const std::string& name) const { return folder_ / (name + ".artifacts"); }

  Words words(const std::string& name, const Words& more = {}) const {
    return into(store(name), artifacts(name), more);
  }

  static Words into(const fs::path& store, const fs::path& artifacts, const Words& more = {}) {
    Words result{"run", "deep-mining", "--profile", "quick", "--quiet", "--threads", "1",
                 "--store", store.string(), "--artifacts", artifacts.string()};
    for (const char* setting : {"model=" DEEPMINE_SOURCE_DIR "/results/checkpoints/resnet20-fashion-mnist.npz",
                                "detector=subset-scan", "background=120", "evaluation=80", "size=50", "replicates=3",
                                "targets=3", "image-resamples=1", "attack=bim:epsilon=0.1,step=0.03,steps=4"}) {
      result.insert(result.end(), {"--set", setting});
    }
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

  /// Everything a run measured but the time it took.
  static std::vector<std::string> results(const fs::path& store) {
    std::vector<std::string> rows;
    for (const char* sql :
         {"SELECT * FROM scan_result ORDER BY kind, target, anomalous_fraction, replicate, input",
          "SELECT input_set, kind, metric, value, ci_low, ci_high, n FROM metric ORDER BY metric, target, "
          "anomalous_fraction",
          "SELECT * FROM shape_check ORDER BY name",
          "SELECT attack, target, n_candidates, n_kept, success_rate, artifact FROM attack_set ORDER BY target",
          "SELECT uid, status, error FROM run", "SELECT name FROM unit ORDER BY name"}) {
      for (std::string& row : rows_of(store, sql)) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  fs::path folder_;
};

/// Name and time of each unit that is finished; none where there is no store yet.
inline std::vector<std::string> units_in(const fs::path& store) {
  if (!fs::exists(store)) return {};
  if (rows_of(store, "SELECT name FROM sqlite_master WHERE name = 'unit'").empty()) return {};
  return rows_of(store, "SELECT name, finished FROM unit ORDER BY name");
}

/// Waits until so many units are in the store of a run that goes on.
inline void await_units(Process& program, const fs::path& store, std::size_t count) {
  REQUIRE(program.run_until([&] { return units_in(store).size() >= count; }));
}

/// One line on stderr that names `file`, exit code 2; returns it shortened, for the table.
inline std::string check_refusal(const Finished& finished, const std::string& file) {
  INFO("stderr: " << finished.err << " expected in it: " << file);
  CHECK(finished.code == 2);
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  CHECK(finished.err.rfind("deepmine: ", 0) == 0);
  CHECK(finished.err.find(file) != std::string::npos);
  return finished.err;
}

}  // namespace deepmine
