#include "framework/app/choice.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>

#include "framework/app/setting.h"
#include "framework/app/standard_streams.h"
#include "framework/app/started_here.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/flat_json.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

/// Settings from the JSON object in `path`: {"attack": "bim", "replicates": 30}.
Settings read_config(const fs::path& path) {
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  return parse_flat_json(read_file(path, kLargest), path.string());
}

constexpr const char* kDetector = "detector";

Registry<Experiment>& registry() { return Registry<Experiment>::instance(); }

Settings settings_of_profile(const std::string& experiment, const std::string& profile) {
  const auto profiles = registry().make({experiment, {}})->profiles();
  const auto found = profiles.find(profile);
  std::vector<std::string> known;
  for (const auto& [name, settings] : profiles) known.push_back(name);
  ensure(found != profiles.end(), "{}: unknown profile \"{}\"; known: {}", experiment, profile, fmt::join(known, ", "));
  return found->second;
}

/// Figures are a view of what is in the store already: where they cannot be drawn, a run has not failed.
void draw_figures(const fs::path& store, const std::string& name, bool quiet,
                  const std::function<std::vector<Figure>()>& make) {
  const fs::path folder = store.parent_path() / "figures" / name;
  try {
    const std::vector<Figure> figures = make();
    if (figures.empty()) return;
    draw(figures, folder);
    if (!quiet) log_line(fmt::format("figures: {} in {}, as svg and png", figures.size(), folder.string()));
  } catch (const std::runtime_error& error) {  // ours, and those of the file system
    log_line(std::string("warning: no figures: ") + error.what());
  }
}

void show_together(const std::vector<MeasuredRun>& runs, ResultStore& store, const fs::path& artifacts,
                   const std::string& format, bool quiet) {
  RunsTogether uids;
  for (const MeasuredRun& run : runs) uids.push_back(run.uid);
  const Experiment& experiment = *runs.front().experiment;
  for (const Table& table : experiment.tables(store.database(), uids)) {
    fmt::print(results(), "{}\n", render(table, format));
  }
  flush_results();
  draw_figures(store.database().path(), uids.front(), quiet,
               [&] { return experiment.figures(store.database(), uids, artifacts); });
}

void show_sweep(const std::vector<SweptOption>& swept, const std::vector<MeasuredRun>& runs, ResultStore& store,
                const std::string& format, bool quiet) {
  std::vector<SweepPoint> points;
  std::string uids;
  for (const MeasuredRun& run : runs) {
    points.push_back({run.swept, run.uid, run.experiment->headlines(store.database(), run.uid)});
    uids += run.uid;
  }
  fmt::print(results(), "{}\n", render(sweep_table(swept, points), format));
  flush_results();
  draw_figures(store.database().path(), "sweep-" + sha256(uids).substr(0, 12), quiet,
               [&] { return std::vector{sweep_figure(swept, points)}; });
}

/// The swept options, and before them the detectors where the settings name several and no sweep does.
std::vector<SweptOption> with_detectors(std::vector<SweptOption> swept, const Settings& settings) {
  const std::vector<std::string> detectors = detectors_in(settings);
  const bool named =
      std::any_of(swept.begin(), swept.end(), [](const SweptOption& option) { return option.key == kDetector; });
  if (detectors.size() > 1 && !named) swept.insert(swept.begin(), {kDetector, detectors});
  return swept;
}

}  // namespace

std::vector<std::string> detectors_in(const Settings& settings) {
  const auto found = settings.find(kDetector);
  return found == settings.end() ? std::vector<std::string>() : split(found->second, ';');
}

std::unique_ptr<Experiment> ChosenRun::make() const { return registry().make({experiment, settings}); }

std::string ChosenRun::command() const {
  std::ostringstream words;
  words << "deepmine run " << experiment << " --profile " << profile;
  for (const auto& [key, value] : settings) words << " --set " << word_of(key + "=" + value);
  if (seed != CommonOptions().seed) words << " --seed " << seed;
  return words.str();
}

ChosenRun ChosenRun::with(const std::string& key, const std::string& value) const {
  ChosenRun changed = *this;
  if (key == "seed") {
    changed.seed = parse_whole_number(value, "--sweep: seed", 0, std::numeric_limits<std::uint64_t>::max());
  } else {
    changed.settings = with_option(settings, experiment, key, value);
  }
  return changed;
}

void Choice::add_options(CommandLine& line) {
  const auto several = [](const char* name) {
    return po::value<std::vector<std::string>>()->value_name(name)->composing();
  };
  line.add()("experiment", text("NAME"), "see deepmine list experiments")(
      "profile", text("NAME")->default_value("paper"), "quick or paper")(
      "set", several("KEY=VALUE"), "changes one option; see deepmine describe NAME")(
      "sweep", several("KEY=VALUE,VALUE"), "measures each value of an option, also of the detector or the attack, or "
      "of the seed, and shows them in one table and one figure; repeated: all combinations")(
      "config", text("FILE"), "JSON object of options");
  line.positional("experiment", 1);
}

Choice Choice::of(const CommandLine& line) {
  ChosenRun base{line.required("experiment"), line.required("profile"), {}, line.common().seed};
  base.settings = settings_of_profile(base.experiment, base.profile);
  if (line.has("config")) {
    for (const auto& [key, value] : read_config(line.required("config"))) base.settings[key] = value;
  }
  if (line.has("set")) {
    for (const std::string& setting : line.list("set")) {
      const auto [key, value] = parse_setting(setting);
      base.settings[key] = value;
    }
  }
  Choice choice;
  if (line.has("sweep")) {
    for (const std::string& option : line.list("sweep")) choice.swept.push_back(SweptOption::parse(option));
  }
  const std::vector<SweptOption> options = with_detectors(choice.swept, base.settings);
  choice.values = combinations(options);
  for (const auto& values : choice.values) {
    ChosenRun run = base;
    for (std::size_t i = 0; i < values.size(); ++i) run = run.with(options[i].key, values[i]);
    run.make();  // mistakes are told before anything is measured
    choice.runs.push_back(std::move(run));
  }
  if (choice.swept.empty()) {
    choice.values.assign(choice.runs.size(), {});
  } else {
    choice.swept = options;
  }
  return choice;
}

void show(const std::vector<SweptOption>& swept, const std::vector<MeasuredRun>& runs, ResultStore& store,
          const fs::path& artifacts, const std::string& format, bool quiet) {
  if (swept.empty()) {
    show_together(runs, store, artifacts, format, quiet);
  } else {
    show_sweep(swept, runs, store, format, quiet);
  }
}

}  // namespace deepmine
