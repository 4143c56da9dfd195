#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "framework/app/choice.h"
#include "framework/app/standard_streams.h"
#include "framework/app/terminal_progress.h"
#include "framework/core/error.h"
#include "framework/core/interrupt.h"
#include "framework/run/merge.h"
#include "framework/run/plan.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;

/// The workers' stores in a folder, in order of their names.
std::vector<fs::path> shards_in(const fs::path& folder) {
  std::vector<fs::path> shards;
  if (!fs::exists(folder)) return shards;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (entry.path().extension() == ".sqlite") shards.push_back(entry.path());
  }
  ensure(!problem, "{}: expected a folder of workers' stores, found one that cannot be read: {}", folder.string(),
         problem.message());
  std::sort(shards.begin(), shards.end());
  return shards;
}

/// Mistakes in names are told before a store is made. A worker killed at its very start leaves an empty file.
std::vector<fs::path> checked(const std::vector<fs::path>& shards) {
  std::vector<fs::path> result;
  for (const fs::path& shard : shards) {
    ensure(fs::exists(shard), "merge: expected stores, found no file {}", shard.string());
    if (fs::is_regular_file(shard) && fs::file_size(shard) == 0) continue;
    std::ifstream text(shard, std::ios::binary);
    std::string start(7, '\0');
    text.read(start.data(), static_cast<std::streamsize>(start.size()));
    ensure(start != "{\"plan\"", "merge: expected stores, found the plan {0}; name it with --plan {0}", shard.string());
    result.push_back(shard);
  }
  return result;
}

/// A damaged part does not keep the others from being merged.
void merge_all(ResultStore& store, const std::vector<fs::path>& shards, bool quiet) {
  const auto progress = make_progress(quiet);
  progress->begin("merge", shards.size());
  std::string problem;
  for (const fs::path& shard : shards) {
    throw_if_interrupted();
    try {
      const MergeReport report = merge_store(store, shard);
      if (!quiet && report.n_units > 0) {
        progress->end();
        log_line(
            fmt::format("{}: {} new units, {} new scores", shard.filename().string(), report.n_units, report.n_rows));
      }
    } catch (const Error& error) {
      if (!problem.empty()) log_line(problem);
      const std::string text = error.what();
      problem = text.rfind("merge ", 0) == 0 ? text : fmt::format("merge {}: {}", shard.string(), text);
    }
    progress->advance(1);
  }
  progress->end();
  ensure(problem.empty(), "{}", problem);
}

/// Throws `Error` that names the units nobody has measured yet.
void ensure_complete(const Plan& plan, ResultStore& store, const fs::path& file) {
  constexpr std::size_t kNamed = 5;
  std::vector<std::string> missing;
  for (const PlannedRun& run : plan.runs) {
    const Run known(store, run.uid);
    for (const std::string& unit : run.units) {
      if (!known.unit_done(unit)) missing.push_back(fmt::format("{} ({})", unit, run.uid));
    }
  }
  if (missing.empty()) return;
  const std::size_t n_missing = missing.size();
  missing.resize(std::min(missing.size(), kNamed));
  fail(
      "{}: expected {} units, {} are missing: {}{}; what is there was merged, repeat deepmine work for the workers "
      "that stopped, then merge again",
      file.string(), plan.n_units(), n_missing, fmt::join(missing, ", "), n_missing > kNamed ? ", ..." : "");
}

/// Writes what follows from the rows of each run, and gives them for showing.
std::vector<MeasuredRun> concluded(const Plan& plan, ResultStore& store, const fs::path& file) {
  std::vector<MeasuredRun> runs;
  for (const PlannedRun& planned : plan.runs) {
    ensure(Run(store, planned.uid).finished() || plan.code_version == code_version(),
           "{}: expected the program that made the plan (code {}), found another ({}); what is there was merged, "
           "conclude with that one, or with deepmine run, which goes on from there where this one would measure the "
           "same",
           file.string(), plan.code_version.substr(0, 12), code_version().substr(0, 12));
    auto experiment = ChosenRun{planned.experiment, planned.profile, planned.settings, planned.seed}.make();
    Run run(store, planned.uid);
    if (!run.finished()) run.execute([&] { experiment->conclude(run, store.database(), planned.seed); });
    runs.push_back({planned.swept, std::move(experiment), planned.uid});
  }
  return runs;
}

/// The options that the plan's runs differ in.
std::vector<SweptOption> swept_of(const Plan& plan) {
  std::vector<SweptOption> swept;
  for (std::size_t i = 0; i < plan.swept.size(); ++i) {
    SweptOption option{plan.swept[i], {}};
    for (const PlannedRun& run : plan.runs) {
      if (std::find(option.values.begin(), option.values.end(), run.swept[i]) == option.values.end()) {
        option.values.push_back(run.swept[i]);
      }
    }
    swept.push_back(std::move(option));
  }
  return swept;
}

/// What is to be merged into `target`: its workers' stores, and what was merged elsewhere before, which they leave out.
std::vector<fs::path> shards_of(const Plan& plan, const fs::path& target) {
  std::vector<fs::path> shards = shards_in(plan.shards);
  std::error_code none;
  if (fs::exists(plan.store) && fs::absolute(target) != plan.store && !fs::equivalent(plan.store, target, none)) {
    shards.push_back(plan.store);
  }
  return shards;
}

int merge(const std::vector<std::string>& words, const Command& self) {
  CommandLine line(self);
  line.add()("shards", texts("FILE"), "stores to merge, beside those of the plan")("plan", text("PLAN"), "merge its "
      "workers' stores, and print its tables when all units are there")(
      "format", text("NAME")->default_value("markdown"), "of the tables: markdown, csv, latex or json");
  line.positional("shards", -1);
  if (!line.parse(words)) return 0;
  ensure(line.has("plan") || line.has("shards"),
         "expected stores to merge, or --plan, found neither; usage: deepmine {}", self.usage);
  render(Table{}, line.required("format"));
  const fs::path file = line.has("plan") ? fs::path(line.required("plan")) : fs::path();
  const Plan plan = line.has("plan") ? Plan::read(file) : Plan{};
  const fs::path target = line.has("plan") && !line.given("store") ? plan.store : line.common().store;
  std::vector<fs::path> shards;
  if (line.has("plan")) shards = shards_of(plan, target);
  if (line.has("shards")) {
    for (const std::string& shard : line.list("shards")) shards.emplace_back(shard);
  }
  shards = checked(shards);
  ensure(line.has("plan") || !shards.empty(), "expected stores with rows to merge, found only empty files");
  ensure(!shards.empty() || fs::exists(target),
         "{}: expected stores of workers, found none; run deepmine work {} --index I --of N first",
         plan.shards.string(), file.string());
  ResultStore store = ResultStore::open(target);
  merge_all(store, shards, line.common().quiet);
  if (!line.has("plan")) {
    fmt::print(results(), "{}\n", target.string());
    return 0;
  }
  ensure_complete(plan, store, file);
  show(swept_of(plan), concluded(plan, store, file), store, plan.artifacts, line.required("format"),
       line.common().quiet);
  return 0;
}

const RegisterCommand registered({"merge", "merge [STORE...] [--plan PLAN] [--store FILE]",
                                  "puts workers' stores, or any stores, into one; repeating it changes nothing",
                                  merge});

}  // namespace
}  // namespace deepmine
