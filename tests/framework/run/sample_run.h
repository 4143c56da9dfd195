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

inline ScanCell mixed_cell(const std::string& target, std::int64_t n_anomalous) {
  ScanCell cell;
  cell.layer = "conv";
  cell.attack = "bim:epsilon=0.02";
  cell.target = target;
  cell.kind = "mixed";
  cell.anomalous_fraction = static_cast<double>(n_anomalous) / 500.0;
  cell.n_inputs = 500;
  cell.n_anomalous = n_anomalous;
  return cell;
}

inline ScanCell clean_cell() {
  ScanCell cell;
  cell.layer = "conv";
  cell.kind = "null";
  cell.anomalous_fraction = 0.0;
  cell.n_inputs = 500;
  return cell;
}

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
