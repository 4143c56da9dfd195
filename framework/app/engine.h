#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace deepmine {

/// What a script for a batch system is to do.
struct EngineOrder {
  std::filesystem::path plan;  ///< absolute
  std::filesystem::path data;  ///< absolute; empty where the environment says where the datasets are
  std::size_t workers = 1;
  int threads = 1;             ///< of each worker
  std::uint64_t memory = 0;    ///< bytes that a worker may hold
  std::string options;         ///< the user's words for the engine
};

/// Throws `Error` unless `engine` is one that `engine_script` knows: slurm or parallel.
void check_engine(const std::string& engine);

/// A shell script that has all units of a plan measured and merged. For slurm: a job array that is requeued when it
/// is preempted or near its time limit, and a job that merges after it. For parallel: GNU parallel on this host, or on
/// those of --sshlogin.
std::string engine_script(const std::string& engine, const EngineOrder& order);

}  // namespace deepmine
