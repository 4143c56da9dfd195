#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/core/registry.h"
#include "framework/run/figure.h"
#include "framework/run/measurement.h"
#include "framework/run/table.h"
#include "framework/run/workplace.h"

namespace deepmine {

using Settings = std::map<std::string, std::string>;

/// The uids of runs that are shown together, one or more: the same measurement by different detectors. The first one
/// leads: it is the one that is set beside what was published.
using RunsTogether = std::vector<std::string>;

/// A number that stands for a run in a table of several: "detection power", "10 %".
struct Headline {
  std::string group;
  std::string name;
  double value;
};

/// A published experiment. Its measurement writes rows, tables only read rows.
class Experiment {
 public:
  static constexpr const char* kKind = "experiment";
  virtual ~Experiment() = default;

  /// The options each profile changes from their defaults.
  virtual std::map<std::string, Settings> profiles() const = 0;
  /// Makes a run of these options ready, whose measurement refers to the workplace. Throws `Error` for options, images
  /// and models with which it could not begin.
  virtual std::unique_ptr<Measurement> prepare(Workplace& workplace) const = 0;
  /// Writes what follows from the rows of all units, whoever measured them. `seed` is the run's.
  virtual void conclude(Run& run, Database& database, std::uint64_t seed) const = 0;
  /// The paper's tables from the rows of `runs`.
  virtual std::vector<Table> tables(Database& database, const RunsTogether& runs) const = 0;
  /// The few numbers by which runs of different options are compared.
  virtual std::vector<Headline> headlines(Database& database, const std::string& run) const {
    static_cast<void>(database), static_cast<void>(run);
    return {};
  }
  /// Figures from the rows of `runs`, and from files they left among the `artifacts`.
  virtual std::vector<Figure> figures(Database& database, const RunsTogether& runs,
                                      const std::filesystem::path& artifacts) const {
    static_cast<void>(database), static_cast<void>(runs), static_cast<void>(artifacts);
    return {};
  }
};

/// Measures what the store does not hold yet of the workplace's share, and concludes when that is the whole run;
/// returns the run's uid.
std::string measure(const Experiment& experiment, Workplace& workplace);

}  // namespace deepmine

#define DEEPMINE_EXPERIMENT(Class, name, title) \
  DEEPMINE_REGISTER(::deepmine::Experiment, Class, name, title)
