#include <fmt/ranges.h>
#include <torch/version.h>

#include <algorithm>

#include "framework/app/choice.h"
#include "framework/app/engine.h"
#include "framework/app/standard_streams.h"
#include "framework/app/started_here.h"
#include "framework/app/terminal_progress.h"
#include "framework/app/warnings.h"
#include "framework/app/work_folder.h"
#include "framework/core/error.h"
#include "framework/core/memory.h"
#include "framework/run/plan.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

/// Adds a run to a plan; what it would be is found out with a store that is thrown away.
void add(const ChosenRun& chosen, const std::vector<std::string>& swept, const fs::path& data, Warnings& warnings,
         Plan& plan) {
  const WorkFolder folder;
  ResultStore store = ResultStore::open(folder.path() / "none.sqlite");
  NoProgress silent;
  Workplace place{store, data, folder.path(), chosen.seed, plan.threads, chosen.profile, {},
                  provenance({{"libtorch", TORCH_VERSION}}), silent};
  place.warn = [&](const std::string& text) { warnings.add(text); };
  const std::unique_ptr<Measurement> measurement = chosen.make()->prepare(place);
  const RunKey key = measurement->key();
  std::vector<std::string> units;
  for (Unit& unit : measurement->units()) units.push_back(std::move(unit.name));
  plan.runs.push_back({key.uid(), chosen.experiment, chosen.profile, chosen.seed, chosen.settings, key.inputs,
                       started_here(chosen.command()), swept, std::move(units)});
  plan.memory = std::max(plan.memory, measurement->memory().bytes);
}

/// The folder of the workers' stores: beside the plan, named after it.
fs::path shards_of(const fs::path& plan) {
  return plan.string() + ".shards";
}

int plan(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  Choice::add_options(line);
  line.add()("out", text("PLAN"), "file to write, JSON lines")(
      "artifacts", text("DIR"), "what workers share: adversarial images, activations (default: artifacts beside the "
      "store)")(
      "shards", text("DIR"), "where workers leave their stores (default: PLAN with .shards)")(
      "engine", text("NAME"), "also print a script: slurm or parallel")(
      "of", text("N")->default_value("8"), "workers of that script")(
      "engine-options", text("TEXT")->default_value(""), "words for each job of sbatch, or for GNU parallel")(
      "strict", po::bool_switch(), Warnings::kStrictHelp);
  if (!line.parse(words)) return 0;
  const Choice choice = Choice::of(line);
  const fs::path out = line.required("out");
  const CommonOptions& common = line.common();
  const auto workers = static_cast<std::size_t>(line.whole_number("of", 1, 100000));
  if (line.has("engine")) check_engine(line.required("engine"));

  Plan plan;
  plan.code_version = code_version();
  // One core a worker wastes none: that a run is cut into many workers is what uses the others.
  plan.threads = set_up_torch(line.given("threads") ? common.threads : 1);
  plan.store = fs::absolute(common.store);
  plan.artifacts = fs::absolute(line.has("artifacts") ? fs::path(line.required("artifacts"))
                                                      : common.store.parent_path() / "artifacts");
  plan.shards = fs::absolute(line.has("shards") ? fs::path(line.required("shards")) : shards_of(out));
  for (const SweptOption& option : choice.swept) plan.swept.push_back(option.key);
  Warnings warnings(line.flag("strict"));
  const auto progress = make_progress(common.quiet);
  progress->begin("plan", choice.runs.size());
  for (std::size_t i = 0; i < choice.runs.size(); ++i) {
    add(choice.runs[i], choice.values[i], common.data, warnings, plan);
    progress->advance(1);
  }
  progress->end();
  plan.write(out);
  if (!common.quiet) {
    log_line(fmt::format("{}: {} run{}, {} units; a worker takes {} thread{} and about {}", out.string(),
                         plan.runs.size(), plan.runs.size() == 1 ? "" : "s", plan.n_units(), plan.threads,
                         plan.threads == 1 ? "" : "s", memory_text(plan.memory)));
  }
  if (line.has("engine")) {
    const EngineOrder order{fs::absolute(out), common.data.empty() ? fs::path() : fs::absolute(common.data), workers,
                            plan.threads,
                            plan.memory, line.required("engine-options")};
    fmt::print(results(), "{}", engine_script(line.required("engine"), order));
  } else {
    fmt::print(results(), "{}\n", out.string());
  }
  return 0;
}

const RegisterCommand registered(
    {"plan",
     "plan EXPERIMENT --out PLAN [--set KEY=VALUE]... [--sweep KEY=VALUE,VALUE]... [--engine slurm|parallel --of N]",
     "writes the units of a measurement to a file, for many workers", plan});

}  // namespace
}  // namespace deepmine
