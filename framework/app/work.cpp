#include <torch/version.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "framework/app/choice.h"
#include "framework/app/shard.h"
#include "framework/app/standard_streams.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"
#include "framework/core/error.h"
#include "framework/run/plan.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr std::uint64_t kMostWorkers = 100000;

/// Which of how many workers this is.
struct Place {
  std::size_t index = 0, of = 1;
};

std::uint64_t from_environment(const char* name) {
  const char* found = std::getenv(name);
  ensure(found != nullptr, "expected --index and --of, or a task of a Slurm job array, found neither");
  return parse_whole_number(found, name, 0, kMostWorkers);
}

Place place_of(const CommandLine& line) {
  ensure(line.has("index") == line.has("of"), "expected --index and --of, found only one of them; give both");
  if (line.has("index")) {
    const auto of = line.whole_number("of", 1, kMostWorkers);
    return {static_cast<std::size_t>(line.whole_number("index", 0, of - 1)), static_cast<std::size_t>(of)};
  }
  const auto index = from_environment("SLURM_ARRAY_TASK_ID"), of = from_environment("SLURM_ARRAY_TASK_COUNT");
  // Of an array like 3,7 nothing tells which part of the whole a task has.
  ensure(of > 0 && index < of && from_environment("SLURM_ARRAY_TASK_MIN") == 0 &&
             from_environment("SLURM_ARRAY_TASK_MAX") == of - 1,
         "expected a job array 0-{}, found another; give --index and --of", of > 0 ? of - 1 : 0);
  return {static_cast<std::size_t>(index), static_cast<std::size_t>(of)};
}

using Units = std::set<std::string, std::less<>>;

/// Run and name of the units that the plan's store has already, from an earlier merge or from `deepmine run`.
std::set<std::pair<std::string, std::string>> measured_before(const fs::path& store) {
  std::set<std::pair<std::string, std::string>> units;
  if (!fs::exists(store) || fs::file_size(store) == 0) return units;
  try {
    ResultStore merged = ResultStore::open_read_only(store);
    Statement rows = merged.database().prepare("SELECT run, name FROM unit");
    while (rows.step()) units.emplace(rows.text(0), rows.text(1));
  } catch (const Error& error) {  // measured twice is no harm, merging tells equal rows
    log_line(fmt::format("warning: what is in the plan's store is measured again: {}", error.what()));
    units.clear();
  }
  return units;
}

bool all_done(ResultStore& store, const std::string& run, const Units& units) {
  const Run known(store, run);
  return std::all_of(units.begin(), units.end(), [&](const std::string& unit) { return known.unit_done(unit); });
}

int work(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("plan", text("PLAN"), "file made by deepmine plan")("index", text("I"), "which worker this is, from 0 "
      "(default: SLURM_ARRAY_TASK_ID)")(
      "of", text("N"), "how many workers there are (default: SLURM_ARRAY_TASK_COUNT)")(
      "scratch", text("DIR"), "write the worker's store there, on a local disk, and copy it to the plan's shards "
      "after its units and at the end")(
      "strict", po::bool_switch(), Warnings::kStrictHelp);
  line.positional("plan", 1);
  if (!line.parse(words)) return 0;
  const Plan plan = Plan::read(line.required("plan"));
  const Place at = place_of(line);
  const CommonOptions& common = line.common();
  ensure(!line.given("seed") && !line.given("store"), "--{}: the plan says it; leave it out, or plan anew",
         line.given("seed") ? "seed" : "store");

  const int threads = set_up_torch(line.given("threads") ? common.threads : plan.threads);
  Shard shard(plan.shard(at.index, at.of),
              line.has("scratch") ? std::optional<fs::path>(line.required("scratch")) : std::nullopt);
  shard.store().keep_files_in(plan.artifacts);
  const auto progress = make_progress(common.quiet);
  Warnings warnings(line.flag("strict"));
  const auto before = measured_before(plan.store);
  std::size_t n_units = 0;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const PlannedRun& run = plan.runs[i];
    const Units planned = plan.units(i, at.index, at.of);
    n_units += planned.size();
    Units units;
    std::copy_if(planned.begin(), planned.end(), std::inserter(units, units.end()),
                 [&](const std::string& unit) { return before.count({run.uid, unit}) == 0; });
    if (all_done(shard.store(), run.uid, units)) continue;
    if (!common.quiet) {
      log_line(fmt::format("worker {} of {}: {} units of run {}", at.index, at.of, units.size(), run.uid));
    }
    const ChosenRun chosen{run.experiment, run.profile, run.settings, run.seed};
    Workplace place{shard.store(), common.data, plan.artifacts, run.seed, threads, run.profile, run.command,
                    provenance({{"libtorch", TORCH_VERSION}}), *progress, Share(run.uid, run.inputs, units)};
    place.warn = [&](const std::string& text) { warnings.add(text); };
    measure(*chosen.make(), place);
  }
  shard.publish();
  fmt::print(results(), "{}  {} units\n", plan.shard(at.index, at.of).string(), n_units);
  return 0;
}

const RegisterCommand registered({"work", "work PLAN [--index I --of N] [--scratch DIR]",
                                  "measures one worker's units of a plan; continues after a stop", work});

}  // namespace
}  // namespace deepmine
