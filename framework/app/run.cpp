#include <fmt/ranges.h>
#include <torch/version.h>

#include <cstdio>
#include <functional>
#include <iomanip>
#include <set>
#include <sstream>

#include "framework/app/command.h"
#include "framework/app/setting.h"
#include "framework/app/standard_streams.h"
#include "framework/app/sweep.h"
#include "framework/app/terminal_progress.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/core/flat_json.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

/// Settings from the JSON object in `path`: {"attack": "bim", "replicates": 30}.
Settings read_config(const fs::path& path) {
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  return parse_flat_json(read_file(path, kLargest), path.string());
}

/// What a profile, a file and the command line say, the later ones over the earlier.
class Choice {
 public:
  Choice(std::string experiment, std::string profile)
      : experiment_(std::move(experiment)), profile_(std::move(profile)) {
    const auto profiles = registry().make({experiment_, {}})->profiles();
    const auto found = profiles.find(profile_);
    std::vector<std::string> known;
    for (const auto& [name, settings] : profiles) known.push_back(name);
    ensure(found != profiles.end(), "{}: unknown profile \"{}\"; known: {}", experiment_, profile_,
           fmt::join(known, ", "));
    settings_ = found->second;
  }

  void set(const Settings& settings) {
    for (const auto& [key, value] : settings) settings_[key] = value;
  }
  std::unique_ptr<Experiment> experiment() const { return registry().make({experiment_, settings_}); }
  /// A command line that measures just this, whatever a file or a sweep said.
  std::string command() const {
    std::ostringstream words;
    words << "deepmine run " << experiment_ << " --profile " << profile_;
    for (const auto& [key, value] : settings_) words << " --set " << word_of(key + "=" + value);
    return words.str();
  }
  /// The same with one option swept.
  Choice with(const std::string& key, const std::string& value) const {
    Choice changed = *this;
    changed.settings_ = with_option(settings_, experiment_, key, value);
    return changed;
  }

 private:
  static std::string word_of(const std::string& text) {
    if (text.find_first_of(" '\\") == std::string::npos) return text;
    std::ostringstream word;
    word << std::quoted(text, '\'');
    return word.str();
  }
  static Registry<Experiment>& registry() { return Registry<Experiment>::instance(); }

  std::string experiment_, profile_;
  Settings settings_;
};

/// Figures are a view of what is in the store already: where they cannot be drawn, a run has not failed.
void draw_figures(const Workplace& place, const std::string& name, bool quiet,
                  const std::function<std::vector<Figure>()>& make) {
  const fs::path folder = place.store.database().path().parent_path() / "figures" / name;
  try {
    const std::vector<Figure> figures = make();
    if (figures.empty()) return;
    draw(figures, folder);
    if (!quiet) log_line(fmt::format("figures: {} in {}, as svg and png", figures.size(), folder.string()));
  } catch (const std::runtime_error& error) {  // ours, and those of the file system
    log_line(std::string("warning: no figures: ") + error.what());
  }
}

/// Every combination of the swept options, checked before the first is measured.
struct Sweep {
  std::vector<SweptOption> options;
  std::vector<std::vector<std::string>> values;
  std::vector<std::unique_ptr<Experiment>> experiments;
  std::vector<std::string> commands;

  Sweep(const Choice& choice, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) options.push_back(SweptOption::parse(text));
    if (options.empty()) return;
    values = combinations(options);
    for (const auto& combination : values) {
      Choice changed = choice;
      for (std::size_t i = 0; i < options.size(); ++i) changed = changed.with(options[i].key, combination[i]);
      experiments.push_back(changed.experiment());
      commands.push_back(changed.command());
    }
  }
};

/// Measures every combination, and prints one table and draws one figure of them all.
void measure(const Sweep& sweep, Workplace& place, const std::string& format, bool quiet) {
  std::vector<SweepPoint> points;
  for (std::size_t i = 0; i < sweep.values.size(); ++i) {
    if (!quiet) log_line(fmt::format("sweep: {} of {}, {}", i + 1, sweep.values.size(), fmt::join(sweep.values[i], ", ")));
    place.command = sweep.commands[i];
    const std::string uid = sweep.experiments[i]->measure(place);
    points.push_back({sweep.values[i], uid, sweep.experiments[i]->headlines(place.store.database(), uid)});
  }
  fmt::print("{}\n", render(sweep_table(sweep.options, points), format));
  std::fflush(stdout);
  std::string runs;
  for (const SweepPoint& point : points) runs += point.run;
  draw_figures(place, "sweep-" + sha256(runs).substr(0, 12), quiet, [&] { return std::vector{sweep_figure(sweep.options, points)}; });
}

int run(const std::vector<std::string>& words, const Command& self) {
  std::vector<std::string> sets, swept;
  CommandLine line(self);
  line.add()("experiment", po::value<std::string>()->value_name("NAME"), "see deepmine list experiments")(
      "profile", po::value<std::string>()->value_name("NAME")->default_value("paper"),
      "quick or paper")("set", po::value(&sets)->value_name("KEY=VALUE")->composing(),
                        "changes one option; see deepmine describe NAME")(
      "sweep", po::value(&swept)->value_name("KEY=VALUE,VALUE")->composing(), "measures each value of an option, also of the "
      "detector or the attack, and shows them in one table and one figure; repeated: all combinations")(
      "config", po::value<std::string>()->value_name("FILE"), "JSON object of options")(
      "artifacts", po::value<std::string>()->value_name("DIR"),
      "where adversarial images are kept (default: artifacts beside the store)")(
      "format", po::value<std::string>()->value_name("NAME")->default_value("markdown"),
      "markdown, csv, latex or json");
  line.positional("experiment", 1);
  if (!line.parse(words)) return 0;
  const std::string name = line.required("experiment"), profile = line.required("profile");
  Choice choice(name, profile);
  if (line.has("config")) choice.set(read_config(line.required("config")));
  for (const std::string& text : sets) choice.set({parse_setting(text)});
  const Sweep sweep(choice, swept);
  const auto experiment = choice.experiment();
  render(Table{}, line.required("format"));  // an unknown format is told before anything is measured

  const CommonOptions& common = line.common();
  const int threads = set_up_torch(common.threads);
  ResultStore store = ResultStore::open(common.store);
  const auto progress = make_progress(common.quiet);
  const fs::path artifacts = line.has("artifacts") ? fs::path(line.required("artifacts"))
                                                   : common.store.parent_path() / "artifacts";
  Workplace place{store, common.data, artifacts, common.seed, threads, profile,
                  choice.command(),
                  provenance({{"libtorch", TORCH_VERSION}}), *progress};
  if (!sweep.options.empty()) {
    measure(sweep, place, line.required("format"), common.quiet);
    return 0;
  }
  const std::string uid = experiment->measure(place);
  for (const Table& table : experiment->tables(store.database(), uid)) {
    fmt::print("{}\n", render(table, line.required("format")));
  }
  std::fflush(stdout);
  draw_figures(place, uid, common.quiet, [&] { return experiment->figures(store.database(), uid, place.artifacts); });
  return 0;
}

const RegisterCommand registered(
    {"run", "run EXPERIMENT [--profile quick|paper] [--set KEY=VALUE]... [--sweep KEY=VALUE,VALUE]... [--config FILE]",
     "measures what the store does not hold yet, then prints the tables", run});

}  // namespace
}  // namespace deepmine
