#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <exception>
#include <string>

#include "framework/run/result_store.h"
#include "framework/run/table.h"

namespace deepmine {

inline RunKey sample_key() {
  RunKey key;
  key.experiment = "deep-mining";
  key.profile = "quick";
  key.parameters = {{"alpha_max", "0.5"}, {"dataset", "cifar10"}, {"restarts", "5"}};
  key.seed = 18446744073709551615u;
  key.inputs = {{"dataset", std::string(64, 'a')}, {"model", std::string(64, 'b')}};
  key.code_version = std::string(64, 'c');
  return key;
}

inline Run begin_sample(ResultStore& store) {
  return store.begin_run(sample_key(), provenance(), 2, "deepmine run deep-mining");
}

/// A cell and the inputs it is of.
struct SampleCell {
  InputSetRow inputs;
  ScoreCell cell;
};

inline std::int64_t cell_in(UnitWriter& writer, const SampleCell& sample) {
  return writer.cell(writer.input_set(sample.inputs), sample.cell);
}

inline InputSetRow clean_set() {
  return {"clean", "clean", "cifar10", {}, {}, {}, {{9001, 3}, {9002, 5}}};
}

inline InputSetRow attacked_set(const std::string& target) {
  return {"bim / " + target, "adversarial", "cifar10", "bim:epsilon=0.02", target, {},
          {{9001, 3, 0, true}, {9002, 5, 0, true}}};
}

inline SampleCell alone_cell(const InputSetRow& inputs) { return {inputs, {"subset-scan:tails=upper", "conv"}}; }

inline SampleCell mixed_cell(const std::string& target, std::int64_t n_anomalous) {
  const double fraction = static_cast<double>(n_anomalous) / 500.0;
  return {attacked_set(target), {"subset-scan:tails=upper", "conv", {}, "mixed", fraction, 500, n_anomalous}};
}

inline SampleCell clean_cell() { return {clean_set(), {"subset-scan:tails=upper", "conv", {}, "null", 0.0, 500, 0}}; }

inline ScanRow scan_of(std::int64_t item, double score) {
  ScanRow row;
  row.item = item;
  row.score = score;
  row.alpha = 0.25;
  row.n_selected = 20;
  row.n_selected_anomalous = 5;
  row.n_nodes = 100;
  row.milliseconds = 1.5;
  return row;
}

/// A query's rows as one text, to compare stores.
inline std::string rows_of(ResultStore& store, const std::string& sql) {
  return query_table(store.database(), sql).csv();
}

/// The process that runs `action` and ends with its result, or with 99 after an exception.
template <typename Action>
pid_t in_process(Action action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child > 0) return child;
  try {
    ::_exit(action());
  } catch (const std::exception& error) {
    ::dprintf(STDERR_FILENO, "child: %s\n", error.what());
  } catch (...) {
  }
  ::_exit(99);
}

/// The exit status of a process, or minus the signal that ended it.
inline int result_of(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace deepmine
