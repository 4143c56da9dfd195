#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "framework/app/command.h"
#include "framework/app/sweep.h"
#include "framework/run/experiment.h"

namespace deepmine {

/// An experiment with the options that a user gave it.
struct ChosenRun {
  std::string experiment, profile;
  Settings settings;
  std::uint64_t seed = 1;

  /// Throws `Error` for options that the experiment does not take.
  std::unique_ptr<Experiment> make() const;
  /// A command line that measures just this, whatever a file or a sweep said.
  std::string command() const;
  /// The same with one option swept; `seed` is one, too.
  ChosenRun with(const std::string& key, const std::string& value) const;
};

/// What a user wants measured: one run, or one for each combination of swept options. All are checked.
struct Choice {
  std::vector<SweptOption> swept;
  std::vector<std::vector<std::string>> values;  ///< of the swept options, for each run
  std::vector<ChosenRun> runs;

  static void add_options(CommandLine& line);
  /// What profile, file and command line say, the later ones over the earlier. A list of detectors gives a run for
  /// each, which are shown together; beside swept options it is one more of them. Throws `Error`.
  static Choice of(const CommandLine& line);
};

/// The detectors among the settings of an experiment, `detector=A;B`; none where they name none.
std::vector<std::string> detectors_in(const Settings& settings);

/// A measured run, for its tables and figures.
struct MeasuredRun {
  std::vector<std::string> swept;
  std::unique_ptr<Experiment> experiment;
  std::string uid;
};

/// Prints the tables of one run or of runs that differ in their detectors, or one table of a sweep, and draws their
/// figures beside the store.
void show(const std::vector<SweptOption>& swept, const std::vector<MeasuredRun>& runs, ResultStore& store,
          const std::filesystem::path& artifacts, const std::string& format, bool quiet);

}  // namespace deepmine
