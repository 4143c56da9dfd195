#include <fmt/ranges.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <set>

#include "framework/app/command.h"
#include "framework/app/standard_streams.h"
#include "framework/app/terminal_progress.h"
#include "framework/core/error.h"
#include "framework/core/file.h"
#include "framework/run/experiment.h"

namespace deepmine {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

/// Settings from the JSON object in `path`: {"attack": "bim", "replicates": 30}.
Settings read_config(const fs::path& path) {
  const auto content = nlohmann::json::parse(read_file(path), nullptr, false);
  ensure(content.is_object(), "{}: expected a JSON object of options, e.g. {{\"replicates\": 30}}, "
         "found none", path.string());
  Settings settings;
  for (const auto& [key, value] : content.items()) {
    ensure(!value.is_structured() && !value.is_null(),
           "{}: {}: expected a text, number or true/false", path.string(), key);
    settings[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return settings;
}

std::pair<std::string, std::string> parse_setting(const std::string& text) {
  const std::size_t equals = text.find('=');
  ensure(equals != std::string::npos && equals > 0, "--set: expected KEY=VALUE, found \"{}\"", text);
  return {text.substr(0, equals), text.substr(equals + 1)};
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

 private:
  static Registry<Experiment>& registry() { return Registry<Experiment>::instance(); }

  std::string experiment_, profile_;
  Settings settings_;
};

/// Figures are a view of what is in the store already: where they cannot be drawn, a run has not failed.
void draw_figures(const Experiment& experiment, const Workplace& place, const std::string& uid, bool quiet) {
  const fs::path folder = place.store.database().path().parent_path() / "figures" / uid;
  try {
    const std::vector<Figure> figures = experiment.figures(place.store.database(), uid, place.artifacts);
    if (figures.empty()) return;
    draw(figures, folder);
    if (!quiet) log_line(fmt::format("figures: {} in {}, as svg and png", figures.size(), folder.string()));
  } catch (const std::runtime_error& error) {  // ours, and those of the file system
    log_line(std::string("warning: no figures: ") + error.what());
  }
}

int run(const std::vector<std::string>& words, const Command& self) {
  std::vector<std::string> sets;
  CommandLine line(self);
  line.add()("experiment", po::value<std::string>()->value_name("NAME"), "see deepmine list experiments")(
      "profile", po::value<std::string>()->value_name("NAME")->default_value("paper"),
      "quick or paper")("set", po::value(&sets)->value_name("KEY=VALUE")->composing(),
                        "changes one option; see deepmine describe NAME")(
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
  const auto experiment = choice.experiment();
  render(Table{}, line.required("format"));  // an unknown format is told before anything is measured

  const CommonOptions& common = line.common();
  const int threads = set_up_torch(common.threads);
  ResultStore store = ResultStore::open(common.store);
  const auto progress = make_progress(common.quiet);
  const fs::path artifacts = line.has("artifacts") ? fs::path(line.required("artifacts"))
                                                   : common.store.parent_path() / "artifacts";
  Workplace place{store, common.data, artifacts, common.seed, threads, profile,
                  fmt::format("deepmine {} {}", self.name, fmt::join(words, " ")),
                  provenance({{"libtorch", TORCH_VERSION}}), *progress};
  const std::string uid = experiment->measure(place);
  for (const Table& table : experiment->tables(store.database(), uid)) {
    fmt::print("{}\n", render(table, line.required("format")));
  }
  std::fflush(stdout);
  draw_figures(*experiment, place, uid, common.quiet);
  return 0;
}

const RegisterCommand registered(
    {"run", "run EXPERIMENT [--profile quick|paper] [--set KEY=VALUE]... [--config FILE]",
     "measures what the store does not hold yet, then prints the tables", run});

}  // namespace
}  // namespace deepmine
