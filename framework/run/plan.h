#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "framework/run/share.h"

namespace deepmine {

/// A run that many processes measure together.
struct PlannedRun {
  std::string uid;
  std::string experiment, profile;
  std::uint64_t seed = 0;
  std::map<std::string, std::string> settings;  ///< as given, files included
  std::map<std::string, std::string> inputs;    ///< role -> sha256
  std::string command;                          ///< that measures it alone
  std::vector<std::string> swept;               ///< its values of the plan's swept options
  std::vector<std::string> units;               ///< always in the same order
};

/// The grid of units that an experiment consists of, as a file: JSON lines, first the plan, then its runs, then
/// a line per unit. Units are numbered in a stable order, and unit k belongs to worker k modulo the number of
/// workers, so that workers need nothing but the file and their number.
struct Plan {
  std::string code_version;  ///< of the whole program that planned, which also concludes; workers go by the runs' uids
  int threads = 1;                         ///< of each worker, unless it is told otherwise
  std::uint64_t memory = 0;                ///< bytes that a worker may hold at most, estimated
  std::filesystem::path store;             ///< where all is merged
  std::filesystem::path artifacts;         ///< what workers share: adversarial images, activations
  std::filesystem::path shards;            ///< the folder of the workers' stores
  std::vector<std::string> swept;          ///< names of swept options
  std::vector<PlannedRun> runs;

  /// Throws `Error` naming the file and the line for what is no plan, is cut off, or is inconsistent: no run, a run or
  /// a unit twice, units in another order than their runs.
  static Plan read(const std::filesystem::path& file);
  /// The same of a file's content; `name` is for messages.
  static Plan parse(std::string_view text, const std::string& name);
  /// A file's content.
  std::string text() const;
  /// Throws `Error` for a plan that has a run twice, or is too long to be read again.
  void write(const std::filesystem::path& file) const;

  std::size_t n_units() const;
  /// What worker `index` of `of` has of run `number`.
  Share share(std::size_t number, std::size_t index, std::size_t of) const;
  /// The names of those units.
  std::set<std::string, std::less<>> units(std::size_t number, std::size_t index, std::size_t of) const;
  /// The file of a worker's store: part-0003-of-0016.sqlite.
  std::filesystem::path shard(std::size_t index, std::size_t of) const;
};

/// A unit's name that no other unit of any run has: 12 hexadecimal digits.
std::string unit_id(const std::string& run, const std::string& unit);

}  // namespace deepmine
